/** A coding agent that runs a Space, calls it and stops it, through `zerogpu mcp` and the official client. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesOf } from '../support/e2e/run-processes.js';
import { fixture, testPython } from '../support/e2e/space.js';
import { type Agent, startAgent } from '../support/mcp/client.js';

const TOKEN = `hf_${'x9Y8'.repeat(8)}`;
const space = 'everything';
let state: string;
let agent: Agent;
const start = (...flags: readonly string[]) =>
  startAgent(['--root', dirname(fixture(space)), '--state-dir', state, ...flags], {
    HOME: state,
    HF_TOKEN: TOKEN,
    ZEROGPU_PYTHON: testPython(),
  });
const call = (name: string, args: Record<string, unknown> = {}, as = 'pro:ada') =>
  agent.call('call', { space, function: name, arguments: args, as });

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'zerogpu-mcp-'));
  agent = await start('--allow-run');
});
afterAll(async () => {
  await agent?.leave();
  rmSync(state, { recursive: true, force: true });
});

describe('an agent', () => {
  it('starts a Space, and reads what it prints until it answers', async () => {
    const messages: string[] = [];
    const { text, isError } = await agent.call(
      'run',
      { space, as: 'free', fresh: true },
      { timeout: 120_000, onprogress: ({ message }) => messages.push(message ?? '') },
    );
    expect(isError, text).toBe(false);
    expect(text).toMatch(/^The Space answers\.\nurl http:\/\/127\.0\.0\.1:\d+\npid \d+\n/);
    expect(messages.join('\n')).toMatch(/Space +everything[\s\S]*Open +http/);
    const { runs } = JSON.parse((await agent.call('status')).text);
    expect(runs).toMatchObject([{ state: 'ready', visitor: 'free' }]);
  });

  it('lists the endpoints, and calls them as a visitor: result, refusal, wrong use', async () => {
    const { endpoints } = JSON.parse((await agent.call('call', { space })).text);
    const names = endpoints.map(({ name }: { name: string }) => name);
    expect(names).toContain('/dynamic');
    const done = JSON.parse((await call('dynamic', { text: 'ab', repeat: 2 })).text);
    expect(done).toMatchObject({
      outcome: 'done',
      outputs: ['abab 390'],
      calls: [{ function: 'dynamic', visitor: 'pro:ada', end: 'released' }],
    });
    const refused = JSON.parse(
      (await call('hold', { declared: 500, seconds: 0 }, 'free:eve')).text,
    );
    expect(refused.outcome).toBe('refused');
    expect(refused.told).toContain('ZeroGPU illegal duration');
    const wrong = await call('dynamic', { txt: 'a' });
    expect(wrong.isError).toBe(true);
    expect(wrong.text).toContain('dynamic has no parameter "txt"');
    expect((await agent.call('quota', { space })).text).toMatch(/^visitor pro:ada tier=pro /m);
  });

  it('sees a refusal on demand, and none after it', async () => {
    await agent.call('fault', { space, fault: 'quota@1' });
    const first = JSON.parse((await call('plain', { x: 2 })).text);
    expect(first.outcome).not.toBe('done');
    expect(first.told).toContain('quota');
    expect(JSON.parse((await call('plain', { x: 2 })).text).outcome).toBe('done');
  });

  it('reads what a call reports while it continues', async () => {
    const messages: string[] = [];
    const input = { space, function: 'with_progress', arguments: { steps: 5 }, as: 'pro:ada' };
    await agent.call('call', input, { onprogress: ({ message }) => messages.push(message ?? '') });
    expect(messages.join('\n')).toMatch(/Adding \d\/5/);
  });

  it('cancels a call that takes long, and calls again', async () => {
    const cancelled = new AbortController();
    const before = performance.now();
    const long = agent.call(
      'call',
      { space, function: 'stream', arguments: { count: 1e7 }, as: 'pro:ada' },
      { signal: cancelled.signal, timeout: 600_000 },
    );
    long.catch(() => {});
    await expect
      .poll(async () => (await agent.call('quota', { space })).text, { timeout: 10_000 })
      .toMatch(/^running #\d+ pro:ada stream /m);
    cancelled.abort('enough');
    await expect(long).rejects.toThrow('enough');
    // What holds the slice continues to its end or its deadline: `spaces` ends no worker for a visitor who leaves.
    expect(performance.now() - before).toBeLessThan(15_000);
    await expect
      .poll(async () => (await agent.call('quota', { space })).text, { timeout: 40_000 })
      .not.toMatch(/^running /m);
    expect(JSON.parse((await call('plain', { x: 2 })).text).outcome).toBe('done');
  });

  it('stops it, and nothing of it is left; its log is', async () => {
    const { text } = await agent.call('stop', { space });
    expect(text).toMatch(/^stopped .*everything \(pid \d+\)\n$/);
    expect(processesOf(join(state, 'runs'))).toEqual([]);
    const { text: log } = await agent.call('logs', { space, lines: 500 });
    expect(log).toMatch(/ready in[\s\S]*Stopping/);
    expect(log).not.toContain(TOKEN);
  });

  it('estimates what an endpoint takes', async () => {
    const input = { space: 'mcp', function: 'double', arguments: { number: 2 }, platform: 'h200' };
    const { text, isError } = await agent.call('estimate', input, { timeout: 120_000 });
    expect(isError, text).toBe(false);
    expect(text).toMatch(/double/);
    expect(text).toMatch(/\bh200\b/);
  });

  it('reads why a Space does not start', async () => {
    const { text, isError } = await agent.call('run', { space: 'crashes-at-import' });
    expect(isError).toBe(true);
    expect(text).toMatch(
      /^error E_RUN_ENDED: the Space crashes-at-import did not start\nwhere: the tool run\nwhy: [\s\S]*E_APP_CRASHED/,
    );
  });
});

describe('a server that ends', () => {
  it('stops the runs that it has started', async () => {
    const other = await start('--allow-run');
    const { isError } = await other.call(
      'run',
      { space: 'mcp', fresh: true },
      { timeout: 120_000 },
    );
    expect(isError).toBe(false);
    expect(processesOf(join(state, 'runs')).length).toBeGreaterThan(0);
    await other.leave();
    for (let i = 0; i < 100 && processesOf(join(state, 'runs')).length > 0; i += 1)
      await sleep(100);
    expect(processesOf(join(state, 'runs'))).toEqual([]);
    expect(JSON.parse((await agent.call('status')).text).runs).toEqual([]);
  });
});
