export { type OpenCluster, openCluster } from './open-cluster.js';
