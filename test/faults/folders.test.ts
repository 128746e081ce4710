/** Folders as they should not be: gone, read-only, or a place where no folder is made. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startDaemon } from '../support/allocator/daemon.js';
import { testPython } from '../support/e2e/space.js';
import { temporaryFolder } from '../support/supervise.js';

const BIN = resolve(import.meta.dirname, '../../bin/zerogpu.js');

function zerogpu(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  before: readonly string[] = [],
) {
  const [file = '', ...rest] = [...before, process.execPath, BIN, ...args];
  const { status, stdout, stderr } = spawnSync(file, rest, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return { status, stdout, stderr };
}

describe('the current folder', () => {
  it('that was deleted is one error, and is not needed by every command', () => {
    const gone = join(temporaryFolder(), 'gone');
    const inside = (command: string) => {
      mkdirSync(gone, { recursive: true });
      const script = `cd ${gone} && rmdir ${gone} && exec "$@"`;
      return zerogpu(command.split(' '), {}, ['sh', '-c', script, 'sh']);
    };
    const refused = inside('run .');
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain('E_CURRENT_FOLDER');
    expect(refused.stderr).not.toMatch(/^\s+at /m);
    expect(inside('explain ZG301').status).toBe(0);
    mkdirSync(gone);
    rmdirSync(gone);
  });
});

describe('the state folder', () => {
  it.each([
    ['where no folder is made', { XDG_STATE_HOME: '/proc/nowhere' }],
    ['below a file', { XDG_STATE_HOME: '/etc/hostname' }],
  ])('%s is one error in seconds', (_, env) => {
    const { status, stderr } = zerogpu(['serve'], env);
    expect(status).toBe(3);
    expect(stderr).toContain('E_STATE_DIR');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'that is read-only can be exported, and is told of else',
    async () => {
      const state = temporaryFolder();
      const daemon = await startDaemon(state);
      daemon.client.close();
      daemon.child.kill('SIGTERM');
      await daemon.ended;
      const space = temporaryFolder();
      writeFileSync(join(space, 'app.py'), '');
      const readOnly = `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"`;
      const before = ['unshare', '-m', 'sh', '-c', readOnly, state];
      const ask = (...args: string[]) => zerogpu([...args, '--state-dir', state], {}, before);
      const exported = ask('state', 'export', '-');
      expect([exported.status, exported.stderr]).toEqual([0, '']);
      expect(JSON.parse(exported.stdout)).toMatchObject({ visitors: [] });
      for (const args of [
        ['state', 'reset'],
        ['serve'],
        ['run', space, '--python', testPython()],
      ]) {
        const { status, stderr } = ask(...args);
        expect(status).toBe(3);
        expect(stderr).toContain('E_STATE_DIR');
        expect(stderr).toContain('EROFS');
        expect(stderr).not.toMatch(/^\s+at /m);
      }
    },
  );
});
