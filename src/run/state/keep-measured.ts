/** At the end of a run on a real GPU: what its functions took is kept for the editor. */
import { systemClock } from '../../shared/clock.js';
import { writeMeasured } from '../../shared/measured.js';
import { measuredFile } from '../../shared/measured-file.js';
import { roundUp, type UseRow } from '../console/index.js';

export interface MeasuredRun {
  readonly stateDir: string;
  /** The Space's folder, absolute. */
  readonly space: string;
  /** Name of the card; null for the emulated GPU, whose seconds are not kept. */
  readonly gpu: string | null;
  readonly rows: readonly UseRow[];
}

/** @param warn told when it can't be written; the run has ended well all the same */
export async function keepMeasured(run: MeasuredRun, warn: (message: string) => void) {
  const called = run.rows.filter(({ calls, startup }) => calls > 0 && !startup);
  if (run.gpu === null || called.length === 0) return;
  const functions = called.map(({ name, calls, p95Seconds, killed }) => ({
    name,
    calls,
    p95Seconds,
    killed,
    suggestedSeconds: killed > 0 ? null : roundUp(p95Seconds),
  }));
  const at = new Date(systemClock.now().wallMs).toISOString();
  const file = measuredFile(run.stateDir, run.space);
  try {
    await writeMeasured(file, { version: 1, gpu: run.gpu, at, functions });
  } catch (error) {
    warn(`what was measured is not kept: ${error instanceof Error ? error.message : error}`);
  }
}
