export { completionAt } from './completion.js';
