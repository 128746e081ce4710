export { type SimulateWorld, simulate } from './simulate.js';
