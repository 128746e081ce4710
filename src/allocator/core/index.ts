/** The allocator core: one pure state machine for the server, simulations and tests. */
export { checkInvariants } from './invariants.js';
export { type AheadBecause, compareRank, whyAhead } from './queue-order.js';
export { createState, isKnownToken, type QuotaClock } from './state.js';
export { reservationOf, step } from './step.js';
export { decodeState, encodeState, STATE_FORMAT, type StoredState } from './stored-state.js';
export {
  type QueueEntry,
  type QuotaView,
  queueView,
  quotaOf,
  type SliceUseView,
  type SliceView,
  sliceView,
} from './views.js';
