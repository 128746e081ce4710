/**
 * Where connections go. Every Node and Python process of these commands writes down whom it connects
 * to: without `--account`, `hf:` or `--local-hub` that is this machine only.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { zerogpu } from '../support/cli.js';
import { fixture, startRun, testPython } from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';

const HOOKS = join(import.meta.dirname, '../support/e2e/sockets');
const home = mkdtempSync(join(tmpdir(), 'zerogpu-network-'));
const seen = join(home, 'seen');
const env = {
  HOME: home,
  XDG_CACHE_HOME: join(home, 'cache'),
  XDG_CONFIG_HOME: join(home, 'config'),
  XDG_STATE_HOME: join(home, 'state'),
  HF_HOME: join(home, 'hf'),
  // A token that is there must not be a reason to use it.
  HF_TOKEN: 'hf_somebodys_own',
  HF_ENDPOINT: 'https://hub.invalid',
  SOCKETS_SEEN: seen,
  NODE_OPTIONS: `--require ${join(HOOKS, 'hook.cjs')}`,
  PYTHONPATH: HOOKS,
};
afterAll(() => rmSync(home, { recursive: true, force: true }));

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost|0\.0\.0\.0|::)$/;
const outside = () => [...new Set(places())].filter((host) => !LOOPBACK.test(host));
const places = () =>
  existsSync(seen) ? readFileSync(seen, 'utf8').split('\n').filter(Boolean) : [];

describe('the network', () => {
  it('is watched: what asks the Hub is seen, and nothing of it is sent but there', async () => {
    writeFileSync(seen, '');
    const { code, stderr } = await zerogpu(['quota', '--account', '--json'], { env });
    expect(stderr + code).toContain('hub.invalid');
    expect(outside()).toEqual(['hub.invalid']);
    writeFileSync(seen, '');
    await zerogpu(['check', 'hf:ada/hello'], { env });
    expect(outside()).toEqual(['hub.invalid']);
  });

  it.each([
    ['--version'],
    ['help', 'environment'],
    ['explain', 'ZG201'],
    ['check', fixture('everything')],
    ['init', join(home, 'made'), '--yes', '--no-git'],
    ['config', 'list'],
    ['doctor', '--json'],
    ['quota', '--once'],
    ['completion', 'bash'],
    ['serve', '--for', '1s', '--fresh'],
  ])('is not used by %s %s', async (...argv) => {
    writeFileSync(seen, '');
    await zerogpu(argv, { env });
    expect(outside()).toEqual([]);
  });

  it('is not used by a run, its app and its calls', async () => {
    writeFileSync(seen, '');
    const run = await startRun(fixture('everything'), ['--as', 'pro'], testPython(), {
      ...process.env,
      ...env,
    });
    const visitors = startVisitors();
    expect((await visitors.call(run.url, '/hold', [5, 0.1])).ok).toBe(true);
    visitors.close();
    await run.stop();
    // The worker's own talk with its allocator is there, so the processes were watched.
    expect(places()).toContain('127.0.0.1');
    expect(outside()).toEqual([]);
  });
});
