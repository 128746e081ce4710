export { type LoadWorld, load } from './load.js';
