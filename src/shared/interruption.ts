import { setTimeout as sleep } from 'node:timers/promises';

/** A terminal sends Ctrl-C to our tools as well, and the end of one may be seen before the signal. */
const SIGNAL_MS = 100;

/** Whether this process is being interrupted, by a signal that is on its way included. */
export async function isInterrupted(signal: AbortSignal): Promise<boolean> {
  if (!signal.aborted) await sleep(SIGNAL_MS);
  return signal.aborted;
}

/**
 * What fails because somebody has interrupted it failed for that reason, whatever it says itself: the
 * process then ends with the code of the signal.
 *
 * @throws the signal's reason once it is aborted, else what `work` throws
 */
export async function interruptible<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (await isInterrupted(signal)) signal.throwIfAborted();
    throw error;
  }
}

/**
 * The result of work that has no way to end early: an interruption does not wait for it.
 *
 * @throws the signal's reason as soon as it is aborted, else what `work` rejects with
 */
export async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  // Its end may come after the interruption, when nothing waits for it.
  work.catch(() => {});
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
