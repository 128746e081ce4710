export { acceptLedger } from './accept.js';
export { createMemoryLedger, type Ledger, type LedgerStatus } from './ledger.js';
export {
  ledgerFiles,
  ledgerPath,
  lockLedger,
  type OpenedLedger,
  openLedger,
} from './open-ledger.js';
export { readLedger } from './recover.js';
export { type ExportedState, exportState, importState, parseExportedState } from './transfer.js';
