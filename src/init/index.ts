export { type InitWorld, init } from './init.js';
