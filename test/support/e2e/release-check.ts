/** What every pair of Gradio and `spaces` has to do, whatever its age. */
import { expect } from 'vitest';
import { fixture, startPlain, startRun } from './space.js';
import { startVisitors } from './visitors.js';

const CALLS: readonly (readonly [endpoint: string, args: readonly unknown[], stream?: true])[] = [
  ['/plain', [3]],
  ['/stream', [3], true],
  ['/dynamic', ['ab', 2]],
  ['/scale', [2]],
  ['/with_progress', [2]],
  ['/threaded', [2]],
  ['/nested', [2]],
  ['/picture', [24]],
];

/**
 * Runs one Space with the packages of `python`, under ZeroGPU and plain: same answers, a deadline
 * that kills, a refusal with the right numbers.
 */
export async function checkRelease(python: string): Promise<void> {
  const dir = fixture('everything');
  const [run, plain] = await Promise.all([
    startRun(dir, [], python, { ...process.env, GRADIO_SHOW_ERROR: '1' }),
    startPlain(dir, python),
  ]);
  const visitors = startVisitors(python);
  try {
    for (const [endpoint, args, stream = false] of CALLS) {
      const here = await visitors.call(run.url, endpoint, args, { stream, token: 'pro' });
      const there = await visitors.call(plain.url, endpoint, args, { stream });
      expect(here, endpoint).toMatchObject({ ok: true });
      expect(here.value, endpoint).toEqual(there.value);
    }
    const overrun = await visitors.call(run.url, '/overrun', [30], { token: 'pro' });
    expect(overrun.error).toContain('GPU task aborted');
    const ended = await run.waitFor(({ event, end }) => event === 'ended' && end === 'deadline');
    expect(ended['usedSeconds']).toBeLessThan(2.5);
    const refused = await visitors.call(run.url, '/hold', [500, 0], { token: 'free' });
    expect(refused.ok).toBe(false);
    await run.waitFor(({ event }) => event === 'refused');
    const next = await visitors.call(run.url, '/plain', [3], { token: 'free' });
    expect(next).toMatchObject({ ok: true });
  } finally {
    visitors.close();
    await Promise.all([run.stop(), plain.stop()]);
  }
}
