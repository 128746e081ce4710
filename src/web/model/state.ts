/** What a page of the console has received, and what its user has chosen. Pure. */
import type { Snapshot, SnapshotVisitor } from '../../allocator/client/snapshot.js';
import { type History, NO_HISTORY, withCall, withMemory, withTold } from './calls.js';
import {
  type Facts,
  type LogLine,
  type Message,
  MOST_LINES,
  type SpaceAddress,
} from './messages.js';

export interface Received {
  readonly link: 'connecting' | 'live' | 'lost' | 'shut-out';
  /** Why the allocator does not answer the console's server; null while it does. */
  readonly allocatorWhy: string | null;
  readonly facts: Facts | null;
  readonly snapshot: Snapshot | null;
  readonly history: History;
  readonly log: readonly LogLine[];
  readonly spaces: readonly SpaceAddress[];
  /** The server's wall clock at the last message. */
  readonly nowMs: number;
}

export const NOTHING_RECEIVED: Received = {
  link: 'connecting',
  allocatorWhy: null,
  facts: null,
  snapshot: null,
  history: NO_HISTORY,
  log: [],
  spaces: [],
  nowMs: 0,
};

/** What this tab shows, and who is meant by "I" in it. */
export interface Chosen {
  /** A visitor as `--as` has it; null for the default one. */
  readonly as: string | null;
  /** The quota of that visitor as it was asked for: one who has never called is in no snapshot. */
  readonly asked: SnapshotVisitor | null;
  readonly filter: string;
  /** How many calls are listed. */
  readonly shownCalls: number;
  /** Calls of this visitor alone. */
  readonly onlyMine: boolean;
  /** The call whose details are open. */
  readonly open: number | null;
  readonly logFilter: string;
  /** What the last command came to; null before any. */
  readonly notice: { readonly text: string; readonly bad: boolean } | null;
}

export const CALLS_STEP = 100;

export const NOTHING_CHOSEN: Chosen = {
  ...{ as: null, asked: null, filter: '', shownCalls: CALLS_STEP, onlyMine: false },
  ...{ open: null, logFilter: '', notice: null },
};

/** What is known after one more message. */
export function receive(state: Received, message: Message): Received {
  switch (message.type) {
    case 'hello': {
      const { nowMs, facts, history, log } = message;
      return { ...state, link: 'live', snapshot: null, nowMs, facts, history, log };
    }
    case 'history':
      return { ...state, nowMs: message.nowMs, history: message.history };
    case 'snapshot': {
      const { nowMs, snapshot } = message;
      return { ...state, nowMs, snapshot, history: withMemory(state.history, snapshot, nowMs) };
    }
    case 'call':
      return { ...state, nowMs: message.nowMs, history: withCall(state.history, message.call) };
    case 'told':
      return { ...state, nowMs: message.nowMs, history: withTold(state.history, message.told) };
    case 'log':
      return {
        ...state,
        nowMs: message.nowMs,
        log: [...state.log, ...message.lines].slice(-MOST_LINES),
      };
    case 'spaces':
      return { ...state, spaces: message.spaces };
    case 'allocator':
      return { ...state, allocatorWhy: message.why };
  }
}
