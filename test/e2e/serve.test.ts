/** `zerogpu serve` with real Spaces that join it, and what a run keeps for its next time. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { type Daemon, startDaemon } from '../support/allocator/daemon.js';
import { fixture, runToEnd, type StartedRun, startRun, testPython } from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';

const state = mkdtempSync(join(tmpdir(), 'zerogpu-serve-'));
const folders = [state];
const daemons: Daemon[] = [];
const runs: StartedRun[] = [];

afterAll(async () => {
  for (const run of runs) await run.stop();
  for (const daemon of daemons) daemon.child.kill('SIGTERM');
  for (const daemon of daemons) await daemon.ended;
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function serve(): Promise<Daemon> {
  const daemon = await startDaemon(state, ['--gpus', '2']);
  daemons.push(daemon);
  return daemon;
}

describe('zerogpu serve', () => {
  const visitors = startVisitors();
  afterAll(() => visitors.close());
  const hold = (run: StartedRun, token: string, declared: number, seconds: number) =>
    visitors.call(run.url, '/hold', [declared, seconds], { token });
  let one: StartedRun;
  let other: StartedRun;

  it('is joined by runs, which share its slices and its quotas', async () => {
    const daemon = await serve();
    one = await startRun(fixture('everything'), ['--state-dir', state]);
    other = await startRun(fixture('everything'), ['--state-dir', state]);
    runs.push(one, other);
    const before = await daemon.client.snapshot();
    expect(before.spaces).toHaveLength(2);
    expect(before.allocator.kind).toBe('serve');

    const [first, second] = await Promise.all([
      hold(one, 'free:ada', 20, 1.5),
      hold(other, 'free:ada', 20, 1.5),
    ]);
    expect(first).toMatchObject({ ok: true });
    expect(second).toMatchObject({ ok: true });
    const gpus = [first, second].map(({ value }) => (value as { gpu: string }).gpu);
    expect(new Set(gpus).size).toBe(2);
    const { visitors: known, slices } = await daemon.client.snapshot();
    const ada = known.entries.find(({ visitor }) => visitor === 'free:ada');
    expect(ada?.usedSeconds).toBeGreaterThan(3);
    expect(ada?.runs).toBe(2);
    expect(slices.map(({ use }) => use)).toEqual(['warm', 'warm']);
    // A function's name is asked of the app, which may take longer than the call itself.
    const warm = async () => (await daemon.client.snapshot()).slices[0]?.warm?.function;
    await expect.poll(warm).toBe('hold');
    // Each run tells of its own calls alone.
    expect(one.events.filter(({ event }) => event === 'ended')).toHaveLength(1);
  }, 120_000);

  it('continues after kill -9: a call that runs meanwhile is answered, and charged once', async () => {
    const call = hold(one, 'free:bob', 20, 4);
    await one.waitFor((event) => event.event === 'granted' && keyOf(event) === 'free:bob');
    // The record may be here before the grant itself: the call has to run.
    await sleep(500);
    const killed = daemons.pop();
    killed?.child.kill('SIGKILL');
    await killed?.ended;
    killed?.client.close();
    const daemon = await serve();
    expect(daemon.url).toBe(killed?.url);
    expect(await call).toMatchObject({ ok: true });
    await one.waitFor(
      ({ event, message }) => event === 'warning' && String(message).includes('is back'),
    );
    const { visitors: known, spaces } = await daemon.client.snapshot();
    const bob = known.entries.find(({ visitor }) => visitor === 'free:bob');
    expect(bob?.usedSeconds).toBeGreaterThanOrEqual(4);
    expect(bob?.usedSeconds).toBeLessThan(8);
    expect(bob?.reservedSeconds).toBe(0);
    expect(spaces).toHaveLength(2);
    expect(await hold(other, 'free:bob', 20, 0.1)).toMatchObject({ ok: true });
  }, 120_000);

  it('keeps a deadline that passes while it is down', async () => {
    const call = hold(other, 'free:cem', 3, 60);
    await other.waitFor((event) => event.event === 'granted' && keyOf(event) === 'free:cem');
    await sleep(500);
    const killed = daemons.pop();
    killed?.child.kill('SIGKILL');
    await killed?.ended;
    killed?.client.close();
    await new Promise((later) => setTimeout(later, 4_000));
    const daemon = await serve();
    const answer = await call;
    expect(answer.ok).toBe(false);
    expect(answer.error).toContain('aborted');
    const cem = async () => {
      const { visitors: known } = await daemon.client.snapshot();
      return known.entries.find(({ visitor }) => visitor === 'free:cem');
    };
    await expect.poll(async () => (await cem())?.reservedSeconds).toBe(0);
    expect((await cem())?.usedSeconds).toBeGreaterThanOrEqual(3);
  }, 120_000);

  it('is followed to another port, and the program that took its port hears nothing', async () => {
    const killed = daemons.pop();
    killed?.child.kill('SIGKILL');
    await killed?.ended;
    killed?.client.close();
    const heard: string[] = [];
    const foreign = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (part) => heard.push(part.toString('latin1')));
    });
    foreign.listen(Number(new URL(killed?.url ?? '').port), '127.0.0.1');
    await once(foreign, 'listening');
    // The package gets no answer, as from a port where nothing listens.
    expect((await hold(one, 'free:dan', 20, 0.1)).ok).toBe(false);
    const daemon = await serve();
    expect(daemon.url).not.toBe(killed?.url);
    expect(daemon.stderr()).toContain('runs that had joined it follow');
    for (const run of [one, other]) {
      await run.waitFor(
        ({ event, message }) =>
          event === 'warning' && String(message).includes(`is back, at ${daemon.url} now`),
      );
      expect(await hold(run, 'free:dan', 20, 0.1)).toMatchObject({ ok: true });
    }
    foreign.close();
    expect(heard).toEqual([]);
  }, 60_000);

  it('runs once: a second one’s error names the first', async () => {
    const second = await runToEnd(['serve', '--state-dir', state]);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain('zerogpu serve runs already (pid');
  });
});

describe('a run by itself', () => {
  const visitors = startVisitors();
  const own = mkdtempSync(join(tmpdir(), 'zerogpu-own-'));
  folders.push(own);
  afterAll(() => visitors.close());
  const start = (...args: string[]) =>
    startRun(fixture('everything'), ['--state-dir', own, ...args]);
  const exported = async () => {
    const { stdout } = await runToEnd(['state', 'export', '-', '--state-dir', own]);
    return JSON.parse(stdout) as { visitors: { visitor: string; usedSeconds: number }[] };
  };

  it('keeps its quotas for the next time, which begins where it ended', async () => {
    const run = await start();
    expect(await visitors.call(run.url, '/hold', [20, 0.5], { token: 'free:ada' })).toMatchObject({
      ok: true,
    });
    const again = await runToEnd([
      ...['run', fixture('everything'), '--python', testPython(), '--state-dir', own],
      ...['--port', '0'],
    ]);
    expect(again.code).toBe(3);
    expect(again.stderr).toContain('is writing the ledger');
    expect((await run.stop()).code).toBe(0);

    const [ada] = (await exported()).visitors;
    expect(ada).toMatchObject({ visitor: 'free:ada', usedSeconds: expect.any(Number) });
    expect(ada?.usedSeconds).toBeGreaterThan(0.5);

    const next = await start();
    expect(await visitors.call(next.url, '/hold', [20, 0.1], { token: 'free:ada' })).toMatchObject({
      ok: true,
    });
    const ended = await next.waitFor(({ event }) => event === 'ended');
    expect(ended['leftBeforeSeconds']).toBeCloseTo(210 - Number(ada?.usedSeconds), 1);
    await next.stop();
  }, 120_000);

  it('gives one visitor, or everybody, all of it again', async () => {
    const reset = await runToEnd(['state', 'reset', '--visitor', 'free:ada', '--state-dir', own]);
    expect(reset).toMatchObject({ code: 0 });
    expect((await exported()).visitors[0]).toMatchObject({ usedSeconds: 0 });
    const nobody = await runToEnd(['state', 'reset', '--visitor', 'free:eve', '--state-dir', own]);
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toContain('Known are: free:ada');
    const all = await runToEnd(['state', 'reset', '--state-dir', own]);
    expect(all.stderr).toContain('quotas are reset');
    expect(await runToEnd(['state', 'export', '-', '--state-dir', own])).toMatchObject({ code: 2 });
  });

  it('with --fresh or a command keeps nothing', async () => {
    const run = await start('--fresh');
    await visitors.call(run.url, '/hold', [20, 0.1], { token: 'free:ada' });
    await run.stop();
    const { code, stderr } = await runToEnd(['state', 'export', '-', '--state-dir', own]);
    expect(code).toBe(2);
    expect(stderr).toContain('no quotas are kept yet');
  }, 60_000);
});

function keyOf(event: { readonly [field: string]: unknown }): string | undefined {
  return (event['visitor'] as { key?: string } | undefined)?.key;
}
