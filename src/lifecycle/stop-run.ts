import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../shared/clock.js';
import type { ProcessId } from '../shared/host.js';
import { isProcessAlive } from '../shared/process-table.js';

const LOOK_EVERY_MS = 50;

/**
 * Ends a run as Ctrl-C does: calls are ended and charged, quotas are kept, processes are gone. After the
 * time given, the second Ctrl-C: at once.
 *
 * @param withinMs how long the first may take; the second gets the same
 * @returns how it ended; `still-there` when neither did
 */
export async function stopRun(
  run: ProcessId,
  withinMs: number,
): Promise<'stopped' | 'forced' | 'still-there'> {
  if (await endsAfter(run, withinMs)) return 'stopped';
  return (await endsAfter(run, withinMs)) ? 'forced' : 'still-there';
}

async function endsAfter(run: ProcessId, withinMs: number): Promise<boolean> {
  if (!isProcessAlive(run)) return true;
  try {
    process.kill(run.pid, 'SIGINT');
  } catch {
    // It has ended in between; whether it has, the loop sees.
  }
  const giveUpMs = systemClock.now().monotonicMs + withinMs;
  while (systemClock.now().monotonicMs < giveUpMs) {
    if (!isProcessAlive(run)) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return !isProcessAlive(run);
}
