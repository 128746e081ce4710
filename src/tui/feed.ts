/**
 * Snapshots as they come, and how it stands with the connection: what the view subscribes to. Finds
 * an allocator that was restarted under another address.
 */
import type { ControlClient } from '../allocator/client/port.js';
import type { Snapshot } from '../allocator/client/snapshot.js';
import type { Clock, Timer } from '../shared/clock.js';
import type { Link } from './view-model.js';

/** An allocator that was found, and a connection to it. */
export interface Found {
  readonly url: string;
  readonly client: ControlClient;
}

export interface FeedState {
  readonly link: Link;
  readonly snapshot: Snapshot | null;
  /** How many snapshots have come. */
  readonly frame: number;
}

export interface Feed {
  state(): FeedState;
  subscribe(listener: () => void): () => void;
  setRate(seconds: number): void;
  /** The connection of the moment, for commands. */
  client(): ControlClient;
  close(): void;
}

/** The most that a view lists; totals are always known. */
export const LISTED = { queue: 5_000, visitors: 5_000 };
const LOOK_AGAIN_MS = 1_000;

export interface FeedOptions {
  readonly first: Found;
  /** The allocator that runs now, or null; called while nothing answers. */
  readonly find: () => Found | null;
  readonly rateSeconds: number;
  readonly clock: Pick<Clock, 'after'>;
}

export function createFeed({ first, find, rateSeconds, clock }: FeedOptions): Feed {
  const listeners = new Set<() => void>();
  let state: FeedState = { link: { phase: 'connecting' }, snapshot: null, frame: 0 };
  let found = first;
  let rate = rateSeconds;
  let lookAgain: Timer | null = null;
  let closed = false;
  let watch = open();

  function set(next: Partial<FeedState>): void {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  }

  function open(): { close(): void } {
    return found.client.watch(rate, LISTED, {
      connected: () => {
        lookAgain?.cancel();
        lookAgain = null;
      },
      snapshot(snapshot) {
        if (closed) return;
        const before = state.snapshot?.allocator.pid;
        const restarted =
          (before !== undefined && before !== snapshot.allocator.pid) ||
          (state.link.phase === 'live' && state.link.restarted && state.frame % 10 !== 0);
        set({ snapshot, link: { phase: 'live', restarted }, frame: state.frame + 1 });
      },
      disconnected(why) {
        if (closed) return;
        set({ link: { phase: 'lost', why } });
        look();
      },
    });
  }

  /** Whoever comes back may have another port; who comes back at the same is found by `watch`. */
  function look(): void {
    if (lookAgain || closed) return;
    lookAgain = clock.after(LOOK_AGAIN_MS, () => {
      lookAgain = null;
      if (closed || state.link.phase !== 'lost') return;
      const other = find();
      if (other && other.url !== found.url) {
        watch.close();
        found.client.close();
        found = other;
        watch = open();
        return;
      }
      other?.client.close();
      look();
    });
  }

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setRate(seconds) {
      rate = seconds;
      watch.close();
      watch = open();
    },
    client: () => found.client,
    close() {
      closed = true;
      lookAgain?.cancel();
      watch.close();
      found.client.close();
    },
  };
}
