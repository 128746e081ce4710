/** On a real card, by `test/gpu/run` alone: elsewhere each of these is skipped. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type StartedRun, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

const GB = 1e9;

/** Pids that the driver lists, on any card. */
function pidsOnGpu(): readonly number[] {
  const query = ['--query-compute-apps=pid', '--format=csv,noheader'];
  return execFileSync('nvidia-smi', query, { encoding: 'utf8' }).split('\n').map(Number);
}

describe.skipIf(!process.env['ZEROGPU_TEST_GPU'])('a real GPU in two slices', () => {
  let run: StartedRun;
  let visitors: Visitors;
  beforeAll(async () => {
    const flags = ['--gpu', 'nvidia', '--slices', '2', '--vram', '4GB', '--as', 'pro', '--fresh'];
    run = await startRun(fixture('real-gpu'), flags);
    visitors = startVisitors();
  }, 600_000);
  afterAll(async () => {
    visitors?.close();
    await run?.stop();
  });

  it('runs two calls at once on one card', async () => {
    const both = await Promise.all([
      visitors.call(run.url, '/hold', [1, 8], { token: 'pro' }),
      visitors.call(run.url, '/hold', [1, 8], { token: 'pro' }),
    ]);
    for (const { ok, value } of both) {
      expect(ok).toBe(true);
      expect(value).toBeGreaterThanOrEqual(GB);
    }
    const slices = run.events
      .filter(({ event }) => event === 'granted')
      .map((e) => e['nvidiaIndex']);
    expect([...new Set(slices)].sort()).toEqual([0, 1]);
  }, 120_000);

  it('fails an allocation above the share, and holds one below it', async () => {
    const over = await visitors.call(run.url, '/try_to_hold', [5], { token: 'pro' });
    expect(over.value).toBe('OutOfMemoryError');
    const below = await visitors.call(run.url, '/try_to_hold', [2], { token: 'pro' });
    expect(below.value).toBe('held');
  }, 120_000);

  it('kills at the deadline, and the driver has the memory back', async () => {
    const answer = await visitors.call(run.url, '/overstay', [1, 60], { token: 'pro' });
    expect(answer.ok).toBe(false);
    const allowed = run.events.filter(({ event }) => event === 'allowed').at(-1);
    const ended = await run.waitFor(({ event, end }) => event === 'ended' && end === 'deadline');
    expect(ended['usedSeconds']).toBeLessThan(30);
    const pid = (allowed?.['process'] as { pid: number } | undefined)?.pid;
    expect(pid).toBeGreaterThan(1);
    expect(pidsOnGpu()).not.toContain(pid);
  }, 120_000);
});
