/**
 * A disk that is really full: the ledger's folder is a small tmpfs, in a mount namespace of the
 * daemon's own. Where no user may make one, the test says so and is skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/allocator/core/types.js';
import { identifyProcess } from '../../src/shared/process-table.js';
import { type Daemon, startDaemon, wire } from '../support/allocator/daemon.js';

const SPACE = '/zerogpu/full';
const state = mkdtempSync(join(tmpdir(), 'zerogpu-full-'));
const ledgers = join(state, 'ledgers');
mkdirSync(ledgers);
const MOUNT = 'mount -t tmpfs -o size=600k tmpfs "$0" && exec "$@"';
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', MOUNT, ledgers, 'true']).status === 0;
let daemon: Daemon | null = null;
/** Stands for the worker: a serve that stops kills it. */
const worker = spawn('sleep', ['600'], { stdio: 'ignore' });

afterAll(async () => {
  daemon?.child.kill('SIGTERM');
  await daemon?.ended;
  worker.kill('SIGKILL');
  rmSync(state, { recursive: true, force: true });
});

describe.skipIf(!canMount)('a full disk', () => {
  it('refuses new calls, lets running ones go on, and ends by itself', async () => {
    daemon = await startDaemon(
      state,
      ['--gpus', '2'],
      ['unshare', '-rm', 'sh', '-c', MOUNT, ledgers],
    );
    const { url, client, child } = daemon;
    await client.register({
      id: SPACE,
      name: 'full',
      owner: { name: 'ada', kind: 'pro' },
      tasksSocket: '/nowhere',
      root: identifyProcess(process.pid),
    });
    const schedule = async (name: string) => {
      const visitor: Visitor = { key: `free:${name}`, tier: 'free', hasToken: true };
      const token = await (daemon as Daemon).sign(visitor);
      return wire(url, 'schedule', { cgroupPath: SPACE, taskId: 1, token, durationSeconds: 30 });
    };
    const status = async () => (await client.snapshot()).allocator.ledger.status;

    const running = await schedule('ada');
    expect(running?.status).toBe(200);
    const allowToken = String(running?.body?.['allowToken']);
    expect((await wire(url, 'allow', { allowToken, pid: worker.pid ?? 0 }))?.status).toBe(200);

    // The daemon sees its own mount: the way in leads through its process.
    const filling = join(`/proc/${child.pid}/root`, ledgers, 'filling');
    expect(() => writeFileSync(filling, Buffer.alloc(1_000_000))).toThrow('ENOSPC');

    // The first one finds out, after a second of patience; from then on it is refused at once.
    let refused = 0;
    for (let i = 0; i < 200 && refused === 0; i += 1) {
      const answer = await schedule(`bob${i}`);
      if (answer?.status === 503) refused += 1;
      else if (answer?.body?.['allowToken']) {
        await wire(url, 'release', { allowToken: String(answer.body['allowToken']) });
      }
    }
    expect(refused).toBe(1);
    expect(await status()).toBe('failing');
    expect((await schedule('cem'))?.status).toBe(503);
    expect((await wire(url, 'release', { allowToken }))?.status).toBe(204);
    expect(daemon.stderr()).toContain('new calls are refused');

    rmSync(filling);
    await expect.poll(status, { timeout: 5_000 }).toBe('ok');
    expect((await schedule('dan'))?.status).toBe(200);
    const { visitors } = await client.snapshot();
    const ada = visitors.entries.find(({ visitor }) => visitor === 'free:ada');
    expect(ada?.usedSeconds).toBeGreaterThan(0);
    expect(ada?.reservedSeconds).toBe(0);
  }, 60_000);
});

describe.skipIf(!canMount)('a folder that can only be read', () => {
  it('is reported at once, with the fix, and no port is opened', () => {
    const readOnly = mkdtempSync(join(tmpdir(), 'zerogpu-read-only-'));
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [
        ...['-rm', 'sh', '-c', 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"', readOnly],
        ...[process.execPath, 'bin/zerogpu.js', 'serve', '--state-dir', readOnly],
      ],
      { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    );
    expect(status).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('E_STATE_DIR');
    expect(stderr).toContain('--state-dir DIR');
    rmSync(readOnly, { recursive: true });
  });
});
