export { drainNode, nodes } from './nodes.js';
export type { RawClusterOptions } from './open.js';
export { placeSpace, type RawSpacesOptions, spaces } from './spaces.js';
