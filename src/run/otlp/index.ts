export { traceCalls } from './trace-calls.js';
