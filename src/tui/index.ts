export { type QuotaWorld, quota, showLive } from './quota.js';
