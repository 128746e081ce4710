/**
 * The one place where time comes in. Quota windows follow the wall clock; deadlines, charges and
 * time-outs follow the monotonic one, so that a clock that jumps neither kills a call nor frees it.
 */
export interface Instant {
  /** Milliseconds since 1970-01-01 UTC; may jump. */
  readonly wallMs: number;
  /**
   * Milliseconds since the machine started (time asleep left out on Linux); never goes back, and is
   * the same for every process, so that a deadline outlives the process that set it.
   */
  readonly monotonicMs: number;
}

export interface Timer {
  cancel(): void;
}

export interface Clock {
  now(): Instant;
  /** Calls back once after `delayMs`; the process may end before. */
  after(delayMs: number, callback: () => void): Timer;
  /** How many times faster the wall time passes than real time; 1 when left out. */
  readonly speed?: number;
}

/** `setTimeout` overflows above 2^31-1 ms and would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** `performance.now()` counts the same clock from the start of this process. */
const PROCESS_START_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const systemClock: Clock = {
  now: () => ({ wallMs: Date.now(), monotonicMs: PROCESS_START_MS + performance.now() }),
  after(delayMs, callback) {
    const handle = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS));
    return { cancel: () => clearTimeout(handle) };
  },
};
