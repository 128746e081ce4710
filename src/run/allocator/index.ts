export { creditsNote, giveCredits } from './credits.js';
export { readCards } from './device.js';
export { type AllocatorHost, type HostPlan, startHost } from './host.js';
export { joinAllocator } from './joined.js';
export type { AllocatorLink, Device, SpaceFacts } from './link.js';
export { startOwnAllocator } from './own.js';
export { type CardFacts, planDevice } from './plan-device.js';
