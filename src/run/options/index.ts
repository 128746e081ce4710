export { assertFitsPlatform } from './fits-platform.js';
export { DEFAULT_PORT } from './option-values.js';
export { parseRunOptions, type RawRunOptions, type RunOptions } from './options.js';
export { assertPlatformSupported } from './platform-support.js';
export { parseServeOptions, type RawServeOptions, type ServeOptions } from './serve-options.js';
