export type { Membership } from '../../cluster/index.js';
export { openCluster } from './open-cluster.js';
