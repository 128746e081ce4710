/** Arguments, `self` and results travel between processes pickled: what can't, fails in the visitor's face. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type StartedRun, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

const LOCAL_LAMBDA = /Can't (pickle local|get local) object/;

describe('a Space that hands over what can not be pickled', () => {
  let run: StartedRun;
  let visitors: Visitors;
  beforeAll(async () => {
    visitors = startVisitors();
    run = await startRun(fixture('unpicklable'));
  });
  afterAll(async () => {
    visitors?.close();
    await run?.stop();
  });

  const call = (endpoint: string, ...args: readonly string[]) =>
    visitors.call(run.url, endpoint, args, { token: 'pro' });

  it.each([
    ['lambda', LOCAL_LAMBDA],
    ['bare lambda', LOCAL_LAMBDA],
    ['lock', /cannot pickle '_thread\.lock' object/],
    ['partial', /cannot pickle '_thread\.lock' object/],
    ['nested', /cannot pickle '_thread\.lock' object/],
    ['thread', /cannot pickle '_thread\.lock' object/],
    ['generator', /cannot pickle 'generator' object/],
    ['file', /cannot pickle '_io\.TextIOWrapper' object/],
  ])('an argument with a %s', async (kind, words) => {
    expect(await call('/send', kind)).toMatchObject({
      ok: false,
      error: expect.stringMatching(words),
    });
  });

  it.each([
    ['/send_named', 'an argument by name'],
    ['/send_stream', 'an argument of a generator'],
  ])('%s: %s', async (endpoint) => {
    const words = expect.stringMatching(/cannot pickle '_thread\.lock' object/);
    expect(await call(endpoint, 'lock')).toMatchObject({ ok: false, error: words });
  });

  it.each([
    ['/call_service', /cannot pickle 'sqlite3\.Connection' object/],
    ['/call_locked_service', /cannot pickle '_thread\.RLock' object/],
  ])('%s: `self` is an argument too', async (endpoint, words) => {
    expect(await call(endpoint)).toMatchObject({
      ok: false,
      error: expect.stringMatching(words),
    });
  });

  it.each(['tensor', 'dict', 'list', 'tuple', 'dataclass', 'object', 'module', 'parameter'])(
    'a result with a CUDA tensor in it: %s',
    async (kind) => {
      const words = expect.stringContaining('GPU task aborted');
      expect(await call('/result', kind)).toMatchObject({ ok: false, error: words });
    },
  );

  it('a generator that yields a CUDA tensor does not end as if nothing were missing', async () => {
    const words = expect.stringContaining('GPU task aborted');
    expect(await call('/stream_result', 'dict')).toMatchObject({ ok: false, error: words });
    const last = run.events.filter(({ event }) => event === 'app').map(({ line }) => String(line));
    expect(last.filter((line) => /CUDA tensor cannot leave its worker/.test(line))).not.toEqual([]);
  });

  it.each(['lambda', 'lock', 'generator'])('a result with a %s', async (kind) => {
    const words = expect.stringContaining('PicklingError');
    expect(await call('/result', kind)).toMatchObject({ ok: false, error: words });
    expect(await call('/stream_result', kind)).toMatchObject({ ok: false, error: words });
  });

  it('what pickles arrives, and each call before gave its slice back', async () => {
    expect(await call('/send', 'dict')).toMatchObject({ value: 'took dict' });
    expect(await call('/send', 'partial of a function')).toMatchObject({ value: 'took partial' });
    expect(await call('/send_named', 'dict')).toMatchObject({ value: 'took 2' });
    expect(await call('/send_stream', 'dict')).toMatchObject({ value: 'took dict' });
    expect(await call('/result', 'cpu tensor')).toMatchObject({ value: 'ready' });
    expect(await call('/result', 'numbers')).toMatchObject({ value: 'ready' });
    expect(await call('/stream_result', 'cpu tensor')).toMatchObject({ value: 'second' });
  });
});
