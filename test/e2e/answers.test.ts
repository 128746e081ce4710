/** Every kind of GPU function answers as the same Space does without ZeroGPU, on plain CPU tensors. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type StartedRun, startPlain, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

type Plain = Awaited<ReturnType<typeof startPlain>>;

const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-test-'));
const upload = join(scratch, 'upload.bin');
writeFileSync(
  upload,
  Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256)),
);

let visitors: Visitors;
beforeAll(() => {
  visitors = startVisitors();
});
afterAll(() => {
  visitors.close();
  rmSync(scratch, { recursive: true });
});

/** Starts a Space under `run` and on its own, at the same time. */
function bothWays(name: string) {
  const started = {} as { run: StartedRun; plain: Plain };
  beforeAll(async () => {
    const [run, plain] = await Promise.all([startRun(fixture(name)), startPlain(fixture(name))]);
    Object.assign(started, { run, plain });
  });
  afterAll(async () => {
    await Promise.all([started.run?.stop(), started.plain?.stop()]);
  });
  return started;
}

describe('a Space with every kind of GPU function', () => {
  const started = bothWays('everything');

  it.each([
    ['a model moved to cuda at import', '/plain', [3], false],
    ['a generator', '/stream', [4], true],
    ['a dynamic duration', '/dynamic', ['ab', 2], false],
    ['a method', '/scale', [2], false],
    ['gr.Progress', '/with_progress', [3], false],
    ['tqdm', '/with_tqdm', [3], false],
    ['gr.Info and gr.Warning', '/notify', ['ada'], false],
    ['threads in the GPU function', '/threaded', [3], false],
    ['a nested GPU call', '/nested', [2], false],
    ['an image result', '/picture', [48], false],
    ['a file in and a file out', '/document', [{ file: upload }], false],
    ['a function that never touches the GPU', '/without_gpu', ['ada'], false],
  ])('%s', async (_kind, endpoint, args, stream) => {
    const here = await visitors.call(started.run.url, endpoint, args, { stream, token: 'pro' });
    const there = await visitors.call(started.plain.url, endpoint, args, { stream });
    expect(here).toMatchObject({ ok: true });
    expect(here.value).toEqual(there.value);
  });

  it('a gr.Error reaches the visitor in its own words, as without ZeroGPU', async () => {
    const here = await visitors.call(started.run.url, '/user_error', ['sky'], { token: 'pro' });
    const there = await visitors.call(started.plain.url, '/user_error', ['sky']);
    expect(here).toMatchObject({ ok: false, error: expect.stringContaining('has no sky') });
    expect(here.error).toBe(there.error);
  });

  it('an exception of another kind is named, and its text kept back', async () => {
    const here = await visitors.call(started.run.url, '/own_exception', [], { token: 'pro' });
    expect(here.ok).toBe(false);
    expect(here.error).toContain('KeyError');
    expect(here.error).not.toContain('secret');
  });

  it('an unpicklable result is an error that says so', async () => {
    const here = await visitors.call(started.run.url, '/unpicklable', [], { token: 'pro' });
    expect(here.ok).toBe(false);
    expect(here.error).toMatch(/Pickl/);
  });

  it('a function that overruns is killed at its deadline, and the next call works', async () => {
    const overrun = await visitors.call(started.run.url, '/overrun', [30], { token: 'pro:late' });
    expect(overrun).toMatchObject({ ok: false, error: expect.stringMatching(/GPU task aborted/) });
    const ended = await started.run.waitFor(
      ({ event, end }) => event === 'ended' && end === 'deadline',
    );
    expect(ended['usedSeconds']).toBeGreaterThanOrEqual(2);
    expect(ended['usedSeconds']).toBeLessThan(2.5);
    const next = await visitors.call(started.run.url, '/plain', [3], { token: 'pro:late' });
    expect(next.ok).toBe(true);
  });

  it('a generator that overruns keeps what it had said', async () => {
    const overrun = await visitors.call(started.run.url, '/overrun_stream', [30], { token: 'pro' });
    expect(overrun).toMatchObject({ ok: false, error: expect.stringMatching(/GPU task aborted/) });
  });

  it('says which call took what, under the function’s own name', async () => {
    const ended = started.run.events.filter(({ event }) => event === 'ended');
    expect(new Set(ended.map((event) => event['function']))).toContain('Scaler.scale');
    const plain = ended.find((event) => event['function'] === 'plain');
    expect(plain).toMatchObject({ askedSeconds: 60, end: 'released', gpuUsed: true });
    expect(plain?.['peakVramBytes']).toBeGreaterThan(0);
  });

  it('shows the app a visitor’s signed token, and its public address', async () => {
    const { value } = await visitors.call(started.run.url, '/visitor', [], { token: 'free:ada' });
    expect(value).toMatchObject({ host: new URL(started.run.url).host });
    expect((value as { token: unknown }).token).not.toBeNull();
  });
});

describe('transformers: generate in a thread, with a streamer', () => {
  const started = bothWays('transformers-stream');

  it.each([
    ['/chat', ['kalo mine', 12], true],
    ['/score', ['kalo mine poru'], false],
  ])('%s', async (endpoint, args, stream) => {
    const here = await visitors.call(started.run.url, endpoint, args, { stream, token: 'pro' });
    const there = await visitors.call(started.plain.url, endpoint, args, { stream });
    expect(here).toMatchObject({ ok: true });
    // How many pieces a stream comes in is the clock's business; the last one is the whole answer.
    const last = (value: unknown) => (Array.isArray(value) && stream ? value.at(-1) : value);
    expect(last(here.value)).toEqual(last(there.value));
  });
});

describe('diffusers: a pipeline', () => {
  const started = bothWays('diffusers-tiny');

  it.each([
    ['/paint', [1, 4]],
    ['/brightness', [2, 3]],
  ])('%s', async (endpoint, args) => {
    const here = await visitors.call(started.run.url, endpoint, args, { token: 'pro' });
    const there = await visitors.call(started.plain.url, endpoint, args);
    expect(here).toMatchObject({ ok: true });
    expect(here.value).toEqual(there.value);
  });
});
