import type { AllocatorEvent, Effect } from '../core/types.js';

/** How the event stream of a waiting request ends. */
export type StreamEnd = EffectOf<'stream-grant' | 'stream-fail'> | Gone;

/** What an event comes to. It leaves when the ledger has what it rests on (outbox.ts). */
export type Answer =
  | EffectOf<'grant' | 'refuse' | 'status' | 'space-registered' | 'space-refused'>
  /** The request waits; `end` follows. */
  | (EffectOf<'queue'> & { readonly end: Promise<StreamEnd> })
  /** Durable. For events that ask nothing: operators' commands, deaths, the clock. */
  | { readonly type: 'done' }
  /** The ledger can't be written: nothing new is taken on, and nothing done is promised. */
  | { readonly type: 'unavailable' }
  | Gone;

/** The client has left meanwhile: whatever was decided, no answer is wanted. */
export interface Gone {
  readonly type: 'gone';
}

type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>;
type AnsweringEffect = Exclude<
  Extract<Effect, { readonly requestId: string }>,
  { readonly type: 'begin' }
>;

/** The requests that wait for the answer to their event; each is answered once. */
export interface Answers {
  expect(event: AllocatorEvent, seq: number): Promise<Answer>;
  /** An effect that may leave: it answers the request that it names. */
  give(effect: AnsweringEffect): void;
  /** The event is durable, and what it brought has left. */
  done(seq: number): void;
  /** The client of a request has left. */
  forget(requestId: string): void;
  /** These requests were granted something that the ledger can't take: they get nothing. */
  giveUp(requestIds: readonly string[]): void;
  /** While the ledger can't be written no event is waited for until it is durable. */
  setDiskFailing(failing: boolean): void;
}

export function createAnswers(): Answers {
  const requests = new Map<string, (answer: Answer) => void>();
  const streams = new Map<string, (end: StreamEnd) => void>();
  const events = new Map<number, (answer: Answer) => void>();
  let failing = false;

  function deliver<K, A>(waiting: Map<K, (answer: A) => void>, key: K, answer: A): void {
    waiting.get(key)?.(answer);
    waiting.delete(key);
  }
  return {
    expect(event, seq) {
      return new Promise<Answer>((resolve) => {
        // An `abandon` names a request that ends; every other event that names one asks for an answer.
        if ('requestId' in event && event.type !== 'abandon')
          requests.set(event.requestId, resolve);
        else if (failing) resolve({ type: 'unavailable' });
        else events.set(seq, resolve);
      });
    },
    give(effect) {
      const { requestId } = effect;
      if (effect.type === 'stream-grant' || effect.type === 'stream-fail') {
        deliver(streams, requestId, effect);
      } else if (effect.type === 'queue') {
        if (!requests.has(requestId)) return;
        const end = new Promise<StreamEnd>((resolve) => streams.set(requestId, resolve));
        deliver(requests, requestId, { ...effect, end });
      } else {
        deliver(requests, requestId, effect);
      }
    },
    done: (seq) => deliver(events, seq, { type: 'done' }),
    forget(requestId) {
      deliver(requests, requestId, { type: 'gone' });
      deliver(streams, requestId, { type: 'gone' });
    },
    giveUp(requestIds) {
      for (const requestId of requestIds) {
        deliver(requests, requestId, { type: 'unavailable' });
        deliver(streams, requestId, { type: 'stream-fail', requestId });
      }
    },
    setDiskFailing(next) {
      failing = next;
      if (!failing) return;
      for (const seq of [...events.keys()]) deliver(events, seq, { type: 'unavailable' });
    },
  };
}
