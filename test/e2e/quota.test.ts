/** Tiers, quotas and slices, seen by clients that are not ours. */
import { Client } from '@gradio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fixture, type StartedRun, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

interface Held {
  readonly gpu: string;
  readonly pid: number;
  readonly started: number;
  readonly ended: number;
}

let visitors: Visitors;
beforeAll(() => {
  visitors = startVisitors();
});
afterAll(() => visitors.close());

describe('quota, on one slice', () => {
  let run: StartedRun;
  beforeAll(async () => {
    run = await startRun(fixture('everything'));
  });
  afterAll(() => run?.stop());

  const hold = (token: string, declared: number, seconds: number) =>
    visitors.call(run.url, '/hold', [declared, seconds], { token });
  const endOf = async (token: string, count: number) => {
    const [tier, name] = token.split(':');
    const own = () =>
      run.events.filter(({ event, visitor }) => {
        const { key, tier: of } = (visitor ?? {}) as { key?: string; tier?: string };
        return event === 'ended' && of === tier && (key ?? '').includes(name ?? '');
      });
    await vi.waitFor(() => expect(own()).toHaveLength(count), 5_000);
    return own().at(-1);
  };

  it.each([
    ['free:ada', 210],
    ['pro:lin', 1500],
  ])('what %s has left falls by what was used', async (token, base) => {
    expect(await hold(token, 20, 0.4)).toMatchObject({ ok: true });
    const first = await endOf(token, 1);
    expect(first?.['leftBeforeSeconds']).toBe(base);
    expect(first?.['usedSeconds']).toBeGreaterThanOrEqual(0.4);
    expect(first?.['leftAfterSeconds']).toBeCloseTo(base - Number(first?.['chargedSeconds']), 2);
    expect(await hold(token, 20, 0.1)).toMatchObject({ ok: true });
    const second = await endOf(token, 2);
    expect(second?.['leftBeforeSeconds']).toBeCloseTo(Number(first?.['leftAfterSeconds']), 2);
  });

  it('refuses a visitor without enough left, in the package’s words and with the right numbers', async () => {
    expect(await hold('free:bob', 5, 1.2)).toMatchObject({ ok: true });
    const before = await endOf('free:bob', 1);
    const refused = await hold('free:bob', 210, 0);
    expect(refused.ok).toBe(false);
    const left = Math.floor(Number(before?.['leftAfterSeconds']));
    expect(refused.error).toContain('GPU quota');
    expect(refused.error).toMatch(new RegExp(`210s requested vs\\. ${left}s left`));
    // 24 hours from the first charged second.
    expect(refused.error).toMatch(/Try again in 23:59:\d\d/);
  });

  it('refuses a duration above every limit', async () => {
    const refused = await hold('pro:lin', 100_000, 0);
    expect(refused.ok).toBe(false);
    expect(refused.error).toMatch(/duration/i);
  });

  it('lets the second call wait in the queue, and then run', async () => {
    const [first, second] = await Promise.all([hold('pro:one', 10, 1), hold('free:two', 10, 0.2)]);
    expect([first.ok, second.ok]).toEqual([true, true]);
    const spans = [first, second].map(({ value }) => value as Held);
    spans.sort((a, b) => a.started - b.started);
    expect(spans[1]?.started).toBeGreaterThanOrEqual(spans[0]?.ended ?? Number.NaN);
    expect(run.events.some(({ event }) => event === 'queued')).toBe(true);
  });

  it('answers the npm client as well, as the visitor of its token', async () => {
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
    const client = await Client.connect(run.url, { token: 'pro:npm' as never });
    const { data } = await client.predict('/dynamic', ['ab', 2]);
    expect(data).toEqual(['abab 390']);
    client.close();
    const ended = await endOf('pro:npm', 1);
    expect(ended).toMatchObject({ function: 'dynamic', askedSeconds: 9 });
    quiet.mockRestore();
  });
});

describe('two slices', () => {
  let run: StartedRun;
  beforeAll(async () => {
    run = await startRun(fixture('everything'), ['--gpus', '2', '--vram', '512MB']);
  });
  afterAll(() => run?.stop());

  it('run two calls of one Space at the same time, on different GPUs', async () => {
    const calls = await Promise.all(
      ['pro:one', 'pro:two'].map((token) => visitors.call(run.url, '/hold', [10, 1.5], { token })),
    );
    expect(calls.map(({ ok }) => ok)).toEqual([true, true]);
    const [one, two] = calls.map(({ value }) => value as Held);
    expect(one?.pid).not.toBe(two?.pid);
    expect(Math.max(one?.started ?? 0, two?.started ?? 0)).toBeLessThan(
      Math.min(one?.ended ?? 0, two?.ended ?? 0),
    );
    const slices = run.events
      .filter(({ event }) => event === 'granted')
      .map((event) => event['nvidiaIndex']);
    expect(new Set(slices)).toEqual(new Set([0, 1]));
  });

  it('have as much memory as --vram says', async () => {
    const fits = await visitors.call(run.url, '/fill', [32], { token: 'pro' });
    expect(fits.value).toBe('32 MB on cuda');
    const tooMuch = await visitors.call(run.url, '/fill', [256], { token: 'pro' });
    expect(tooMuch.value).toMatch(/^out of memory: CUDA out of memory\. Tried to allocate 256/);
  });
});
