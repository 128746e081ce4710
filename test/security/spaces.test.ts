/** Two Spaces on one `zerogpu serve`, and all that is left behind or said by it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identifyProcess } from '../../src/shared/process-table.js';
import { type Daemon, startDaemon, wire } from '../support/allocator/daemon.js';
import { zerogpu } from '../support/cli.js';

const HF_TOKEN = `hf_${'s'.repeat(34)}`;
let state: string;
let daemon: Daemon;
const children: ChildProcess[] = [];

beforeEach(async () => {
  state = join(mkdtempSync(join(tmpdir(), 'zerogpu-two-')), 'state');
  // Whatever the person's umask is.
  const open = ['sh', '-c', `umask 000; HF_TOKEN=${HF_TOKEN} exec "$0" "$@"`];
  await zerogpu(['--version']);
  daemon = await startDaemon(state, ['--gpus', '2'], open);
});
afterEach(async () => {
  daemon.client.close();
  daemon.child.kill('SIGTERM');
  await daemon.ended;
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(join(state, '..'), { recursive: true, force: true });
});

/** A Space with an app and a worker below it. */
async function space(name: string) {
  const app = spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(app);
  const workerPid = await new Promise<number>((found) => {
    app.stdout?.once('data', (part) => found(Number(String(part))));
  });
  const id = `/zerogpu/${name}`;
  const root = identifyProcess(app.pid ?? 0);
  const owner = { name, kind: 'pro' } as const;
  await daemon.client.register({ id, name, owner, tasksSocket: '/nowhere', root });
  const token = await daemon.sign({ key: `pro:${name}`, tier: 'pro', hasToken: true });
  return {
    workerPid,
    async schedule() {
      const query = { cgroupPath: id, taskId: 1, durationSeconds: 30, token };
      const answer = await wire(daemon.url, 'schedule', query);
      return String(answer?.body?.['allowToken']);
    },
  };
}

const post = (path: string, headers: Record<string, string> = {}) =>
  fetch(daemon.url + path, { method: 'POST', headers });

describe('a Space beside another', () => {
  it('can not kill, allow, release or charge what the other one holds', async () => {
    const [ada, eve] = [await space('ada'), await space('eve')];
    const hers = await ada.schedule();
    // With the other's very token, which it does not have: its own processes are not taken.
    expect(
      (await wire(daemon.url, 'allow', { allowToken: hers, pid: eve.workerPid }))?.status,
    ).toBe(404);
    expect(
      (await wire(daemon.url, 'allow', { allowToken: hers, pid: ada.workerPid }))?.status,
    ).toBe(200);
    expect(
      (await wire(daemon.url, 'allow', { allowToken: hers, pid: eve.workerPid }))?.status,
    ).toBe(404);
    const own = await eve.schedule();
    // Nor may a Space have a process of the other killed by its own deadline.
    expect((await wire(daemon.url, 'allow', { allowToken: own, pid: ada.workerPid }))?.status).toBe(
      404,
    );
    // A short form of a token is not the token.
    for (const part of [hers.slice(0, 6), hers.slice(0, -1), `${hers} `, hers.toLowerCase()]) {
      expect((await wire(daemon.url, 'release', { allowToken: part }))?.status).toBe(404);
    }
    for (const call of [1, 2]) {
      for (const verb of ['kill', 'release']) {
        expect((await post(`/control/v1/calls/${call}/${verb}`)).status).toBe(401);
        const guess = { authorization: `Bearer ${'0'.repeat(64)}` };
        expect((await post(`/control/v1/calls/${call}/${verb}`, guess)).status).toBe(401);
      }
    }
    for (const path of [
      'spaces/gone?id=/zerogpu/ada',
      'visitors/pro:ada/reset',
      'time/advance?seconds=1',
    ]) {
      expect((await post(`/control/v1/${path}`)).status).toBe(401);
    }
    const forged = { cgroupPath: '/zerogpu/eve', taskId: 1, token: 'pro:ada' };
    expect((await wire(daemon.url, 'schedule', forged))?.status).toBe(401);
    expect(process.kill(ada.workerPid, 0)).toBe(true);
    const visitors = (await daemon.client.snapshot()).visitors;
    expect(JSON.stringify(visitors)).toContain('pro:ada');
    expect((await wire(daemon.url, 'release', { allowToken: hers }))?.status).toBe(204);
  });
});

function everythingBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? [path, ...everythingBelow(path)] : [path];
  });
}

describe('what a serve leaves and says', () => {
  it('is for its user alone, under any umask', async () => {
    const ada = await space('ada');
    await ada.schedule();
    const paths = everythingBelow(state);
    expect(paths.length).toBeGreaterThan(4);
    for (const path of [state, ...paths]) {
      const there = statSync(path);
      expect([path, there.mode & 0o777]).toEqual([path, there.isDirectory() ? 0o700 : 0o600]);
    }
  });

  it('holds no secret, and no token by which anybody could act', async () => {
    const ada = await space('ada');
    const allowToken = await ada.schedule();
    await wire(daemon.url, 'allow', { allowToken, pid: ada.workerPid });
    await wire(daemon.url, 'release', { allowToken: 'guessed-token-of-somebody' });
    const secret = readFileSync(join(state, 'control-secret'), 'utf8').trim();
    const quota = ['quota', '--state-dir', state];
    const shown = [
      JSON.stringify(await daemon.client.snapshot()),
      ...(await Promise.all([zerogpu([...quota, '--json']), zerogpu([...quota, '--once'])])).map(
        ({ stdout, stderr }) => stdout + stderr,
      ),
      (await zerogpu(['state', 'export', '--state-dir', state])).stdout,
      await (await post('/control/v1/nothing', { authorization: `Bearer ${secret}` })).text(),
      readFileSync(join(state, 'allocators/serve.json'), 'utf8'),
      daemon.stderr(),
    ];
    const pid = daemon.child.pid ?? 0;
    shown.push(
      readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
      readFileSync(`/proc/${pid}/comm`, 'utf8'),
    );
    for (const text of shown) {
      for (const hidden of [secret, allowToken, HF_TOKEN]) expect(text).not.toContain(hidden);
    }
    expect(shown[0]).toContain('ada');
  });
});
