export { drainNode, nodes } from './nodes.js';
export type { RawClusterOptions } from './open.js';
export { type ClusterReader, readCluster } from './quota.js';
export { placeSpace, type RawSpacesOptions, spaces } from './spaces.js';
