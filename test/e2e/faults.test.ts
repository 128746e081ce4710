/** Refusals on demand: what the visitor reads is the package's own, word for word. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type StartedRun, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

/** The nth call gets the nth fault; a broken stream makes the client ask a second time. */
const FAULTS = [
  ...['startup-404@1', 'no-gpu@1', 'expired-token@2', 'illegal-duration@3', 'quota@4'],
  ...['runs-limit@5', 'pending-credits@6', 'queue-timeout=1s@7', 'broken-stream=1s@8'],
  ...['kill=1s@10', 'slow=1s@11'],
];

describe('--fault', () => {
  let run: StartedRun;
  let visitors: Visitors;
  beforeAll(async () => {
    visitors = startVisitors();
    run = await startRun(fixture('everything'), ['--fault', FAULTS.join(',')]);
  });
  afterAll(async () => {
    visitors.close();
    await run?.stop();
  });
  const call = () => visitors.call(run.url, '/hold', [20, 3], { token: 'free' });

  it.each([
    ['no-gpu', /No GPU was available/],
    ['expired-token', /Expired ZeroGPU proxy token/],
    ['illegal-duration', /GPU duration \(20s\) is larger than the maximum allowed/],
    [
      'quota',
      /exceeded your free ZeroGPU quota \(20s requested vs\. 0s left\)\. Try again in 1:00:00/,
    ],
    ['runs-limit', /exceeded your ZeroGPU runs limit/],
    ['pending-credits', /too many ZeroGPU credits allocated to running tasks/],
    ['queue-timeout', /No GPU was available after 60s/],
  ])('%s', async (_kind, words) => {
    const answer = await call();
    expect(answer.ok).toBe(false);
    expect(answer.error).toMatch(words);
  });

  it('records each refusal as one that the rules make', () => {
    const refused = run.events.filter(({ event }) => event === 'refused');
    const kinds = refused.map(({ refusal }) => (refusal as { readonly kind: string }).kind);
    expect(kinds).toEqual([
      ...['no-gpu', 'expired-token', 'illegal-duration'],
      ...['quota-exceeded', 'runs-exceeded', 'pending-credits'],
    ]);
  });

  it('broken-stream: the client asks again and gets its GPU', async () => {
    expect(await call()).toMatchObject({ ok: true });
  });

  it('kill: the worker dies in the middle of the call', async () => {
    const answer = await call();
    expect(answer).toMatchObject({ ok: false, error: expect.stringContaining('GPU task aborted') });
    const ended = await run.waitFor(({ event, end }) => event === 'ended' && end === 'operator');
    expect(ended['usedSeconds']).toBeLessThan(2);
  });

  it('slow: the answer comes late, and it comes', async () => {
    const answer = await call();
    expect(answer).toMatchObject({ ok: true });
    expect(answer.seconds).toBeGreaterThan(4);
  });

  it('says each of them in the log, that of the start included', () => {
    const warnings = run.events.filter(({ event }) => event === 'warning');
    const told = warnings.filter(({ message }) => String(message).includes('fault'));
    expect(told).toHaveLength(FAULTS.length);
    expect(String(told[0]?.['message'])).toContain('startup-404');
  });
});

describe('--fault token-error', () => {
  it('makes everybody anonymous, and tells them why', async () => {
    const run = await startRun(fixture('everything'), ['--fault', 'token-error']);
    const visitors = startVisitors();
    try {
      expect(await visitors.call(run.url, '/plain', [1], { token: 'pro:lin' })).toMatchObject({
        ok: true,
      });
      const granted = await run.waitFor(({ event }) => event === 'granted');
      expect(granted['visitor']).toMatchObject({ tier: 'anonymous' });
      const told = await run.waitFor(({ event }) => event === 'told');
      expect(told['message']).toContain('Falling back to IP-based quotas (Invalid token (fault))');
    } finally {
      visitors.close();
      await run.stop();
    }
  });
});
