export { explain, type RawExplainOptions } from './explain.js';
