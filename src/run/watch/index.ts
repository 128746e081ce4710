export { declaredChanges } from './declared-changes.js';
export { watchRun } from './watch-run.js';
