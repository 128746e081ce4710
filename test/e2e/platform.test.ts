/** `run` on each edition of the platform: its card, its durations, its visitors, and calls at start-up. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadProfile, profileNames } from '../../src/platform/index.js';
import { fixture, type StartedRun, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

let visitors: Visitors;
let run: StartedRun | null;
beforeEach(() => {
  visitors = startVisitors();
  run = null;
});
afterEach(async () => {
  visitors.close();
  await run?.stop();
});

describe.each(profileNames)('on %s', (platform) => {
  const { gpu, asOf, name } = loadProfile(platform);
  const asked = Math.round(90 * gpu.durationFactor);

  it('main process and worker see the card of the platform, and durations have its factor', async () => {
    run = await startRun(fixture('card-facts'), ['--platform', platform]);
    const { url } = run;
    const { value } = await visitors.call(url, '/facts', [], { token: 'pro' });
    const card = {
      name: gpu.name,
      capability: [...gpu.computeCapability],
      memory: gpu.memoryBytes,
      multiprocessors: gpu.multiProcessorCount,
      total: gpu.memoryBytes,
    };
    expect(value).toEqual({ main: card, worker: card });

    const anonymous = await visitors.call(url, '/ninety', []);
    const call = await run.waitFor(({ function: called }) => called === 'ninety');
    expect(call['askedSeconds']).toBe(asked);
    expect(anonymous.ok).toBe(asked <= 120);
    if (asked > 120) expect(anonymous.error).toContain(`GPU duration (${asked}s) is larger`);

    const [banner] = run.events.filter(({ event }) => event === 'banner');
    expect(banner).toMatchObject({ platform: name, platformAsOf: asOf });
    const notes = banner?.['notes'] as readonly string[];
    const isOld = name === 'h200';
    expect(notes.some((note) => note.includes('--platform rtx-pro-6000 (2026-09-04)'))).toBe(isOld);
  });

  it('a call before launch() is the start-up’s, and one after it is not', async () => {
    run = await startRun(fixture('calls-at-start'), ['--platform', platform]);
    const first = await run.waitFor(({ event, function: called }) => {
      return event === 'ended' && called === 'build';
    });
    expect(first).toMatchObject({
      visitor: { key: 'start-up' },
      askedSeconds: 1500 * gpu.durationFactor,
      chargedSeconds: 0,
    });
    const refused = await run.waitFor(({ event }) => event === 'refused');
    expect(refused).toMatchObject({
      visitor: { tier: 'anonymous', hasToken: false },
      refusal: { kind: 'illegal-duration', longestSeconds: 120 },
    });
    const { value } = await visitors.call(run.url, '/answer', [], { token: 'free' });
    expect(value).toEqual({ before: 4, device: 'cuda:0' });
  });
});

it('on rtx-pro-6000 xlarge is the whole card, and a Team visitor continues with credits', async () => {
  const args = ['--platform', 'rtx-pro-6000', '--vram', '600MB', '--credits', '10m'];
  run = await startRun(fixture('card-facts'), [...args, '--as', 'team:ann']);
  const { url } = run;
  const take = async (endpoint: string, megabytes: number) =>
    (await visitors.call(url, endpoint, [megabytes], { token: 'team' })).value;
  // CUDA's own 309 MB count as well.
  expect(await take('/take', 150)).toBe('fits');
  expect(await take('/take', 450)).toBe('out of memory');
  expect(await take('/take_whole', 450)).toBe('fits');
  expect(await take('/take_whole', 950)).toBe('out of memory');
  const granted = run.events.filter(({ event, size }) => event === 'granted' && size === 'xlarge');
  expect(granted[0]).toMatchObject({ visitor: { key: 'team', tier: 'team' } });
  const [banner] = run.events.filter(({ event }) => event === 'banner');
  expect(banner?.['notes']).toContain(
    'credits 10m00s ($1.00) each: pro, team, enterprise, team:ann',
  );
});
