/** The account as it was last read: asked again every 60 s, later when the Hub says so, at once on demand. */
import { HubError } from '../../hub/errors.js';
import type { Clock, Timer } from '../../shared/clock.js';
import { problemOf } from './read.js';
import { type AccountFacts, type AccountView, accountView, type Problem } from './view.js';

export const EVERY_SECONDS = 60;
/** A key that is held down asks no more often than this. */
const SOONEST_SECONDS = 5;

export interface AccountFeed {
  /** Null before the first answer. */
  view(): AccountView | null;
  /** Why the last question got no answer; null when it got one. */
  problem(): Problem | null;
  /** Asks at once, unless that was just done or the Hub wants to be left alone. */
  refresh(): void;
  subscribe(listener: () => void): () => void;
  close(): void;
}

/** @param first what was read already; null to ask at once */
export function createAccountFeed(
  read: () => Promise<AccountFacts>,
  clock: Clock,
  first: AccountFacts | null = null,
): AccountFeed {
  const listeners = new Set<() => void>();
  let facts = first;
  let problem: Problem | null = null;
  let asking = false;
  let closed = false;
  let quietUntilMs = 0;
  let timer: Timer | null = null;

  function plan(seconds: number): void {
    timer?.cancel();
    timer = closed ? null : clock.after(seconds * 1_000, ask);
  }

  function ask(): void {
    if (closed || asking) return;
    asking = true;
    read()
      .then(
        (read) => {
          quietUntilMs = clock.now().monotonicMs + SOONEST_SECONDS * 1_000;
          facts = read;
          problem = null;
          plan(EVERY_SECONDS);
        },
        (error: unknown) => {
          problem = problemOf(error);
          const wait = (error instanceof HubError && error.waitSeconds) || SOONEST_SECONDS;
          quietUntilMs = clock.now().monotonicMs + wait * 1_000;
          plan(Math.max(EVERY_SECONDS, wait));
        },
      )
      .finally(() => {
        asking = false;
        if (!closed) for (const listener of listeners) listener();
      });
  }

  if (first === null) ask();
  else plan(EVERY_SECONDS);

  return {
    view: () => facts && accountView(facts, clock.now().wallMs, problem),
    problem: () => problem,
    refresh() {
      if (clock.now().monotonicMs >= quietUntilMs) ask();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
