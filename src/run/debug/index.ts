export type { Debugger } from './debugger.js';
