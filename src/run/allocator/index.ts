export { chooseBackend, type GpuChoice } from './choose-gpu.js';
export { creditsNote, giveCredits } from './credits.js';
export { joinAllocator } from './joined.js';
export type { AllocatorLink, Device, SpaceFacts } from './link.js';
export { startOwnAllocator } from './own.js';
export { quotaClock } from './quota-clock.js';
