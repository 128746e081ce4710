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
    signal.throwIfAborted();
    throw error;
  }
}
