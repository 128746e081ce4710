export { type Cleanup, createCleanup, runCleanup } from './cleanup.js';
export { teeEvents } from './event-file.js';
export { keepMeasured } from './keep-measured.js';
export { createRunFolder, type RunFolder, sharedLedgerDir, spaceLedgerDir } from './run-folder.js';
export { sweepProcesses } from './sweep.js';
