export { type CheckWorld, check, type EstimatedSpace } from './check.js';
