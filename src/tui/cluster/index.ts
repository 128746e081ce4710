export { clusterQuota } from './cluster-quota.js';
