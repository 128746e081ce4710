export {
  connect,
  type DebugStops,
  type HostClient,
  type JoiningSpace,
  type VisitorAnswer,
  type VisitorUse,
  type Where,
} from './host-client.js';
export {
  findAllocators,
  findServe,
  type Locator,
  lastServePort,
  publishLocator,
  rememberServePort,
} from './locator.js';
export type { ControlClient, SnapshotLimits, WatchHandlers } from './port.js';
export { announceRelay } from './relayed.js';
export { controlSecret, deriveKey } from './secret.js';
export type { Snapshot } from './snapshot.js';
