/**
 * Sends calls when they are due, and waits for none of them: a Space that falls behind gets no fewer calls, so
 * that slow answers do not hide the waits that they cause (coordinated omission).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../shared/clock.js';

export interface OpenLoop<T extends { readonly atMs: number }> {
  readonly arrivals: readonly T[];
  /** Begins a call; what it does is not waited for. It must not throw. */
  readonly send: (arrival: T, lateMs: number) => Promise<void>;
  readonly clock: Clock;
  readonly interrupted: AbortSignal;
  /** How long the last calls may take after the last one was sent, milliseconds. */
  readonly drainMs: number;
}

/** @returns milliseconds that the load has lasted, the wait for the last calls left out */
export async function runOpenLoop<T extends { readonly atMs: number }>(
  { arrivals, send, clock, interrupted, drainMs }: OpenLoop<T>,
  forMs: number,
): Promise<number> {
  const startMs = clock.now().monotonicMs;
  const elapsed = () => clock.now().monotonicMs - startMs;
  const wait = (ms: number) =>
    ms <= 0 ? null : sleep(ms, undefined, { signal: interrupted }).catch(() => {});
  const open = new Set<Promise<void>>();
  for (const arrival of arrivals) {
    await wait(arrival.atMs - elapsed());
    if (interrupted.aborted) return elapsed();
    const call = send(arrival, Math.max(0, elapsed() - arrival.atMs)).finally(() => {
      open.delete(call);
    });
    open.add(call);
  }
  await wait(forMs - elapsed());
  const lastedMs = Math.min(elapsed(), forMs);
  if (!interrupted.aborted) await Promise.race([Promise.all(open), wait(drainMs)]);
  return lastedMs;
}
