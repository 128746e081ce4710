export { createNoiseFilter } from './app-noise.js';
export { bannerFacts } from './banner.js';
export { type CallLog, createCallLog, type NamedRecord } from './call-log.js';
export { createConsole, hidingConsole, jsonConsole, type RunConsole } from './console.js';
export type { DeclaredDifference } from './declared-table.js';
export { createPromiseCheck } from './promised-minutes.js';
export { createRunTerminal, type HotkeyActions, type RunTerminal } from './run-terminal.js';
export { roundUp, type UseRow, usageRows } from './use-table.js';
