import type { Snapshot } from '../../allocator/client/snapshot.js';
import {
  type ConsoleCall,
  type MemorySample,
  MOST_CALLS,
  samplesOf,
  withSample,
} from '../model/calls.js';

/** What the workers held, call by call, also while no page looks. */
export interface MemoryLog {
  note(snapshot: Snapshot, atMs: number): void;
  /** The call with what was noted of it. */
  withSamples(call: ConsoleCall): ConsoleCall;
}

/** Keeps the calls that a history keeps, and no more. */
export function createMemoryLog(): MemoryLog {
  const samples = new Map<number, readonly MemorySample[]>();
  return {
    note(snapshot, atMs) {
      for (const [call, sample] of samplesOf(snapshot, atMs)) {
        samples.set(call, withSample(samples.get(call) ?? [], sample));
      }
      for (const oldest of samples.keys()) {
        if (samples.size <= MOST_CALLS) break;
        samples.delete(oldest);
      }
    },
    withSamples: (call) => ({ ...call, memory: samples.get(call.call) ?? [] }),
  };
}
