export { type CallWorld, call, type RawCallOptions } from './call.js';
