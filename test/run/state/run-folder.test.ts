import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRunFolder } from '../../../src/run/state/run-folder.js';
import { cacheDir, configDir, stateDir } from '../../../src/shared/user-folders.js';
import { fileClockMs, temporaryFolder } from '../../support/supervise.js';

describe('the state folder', () => {
  it.each([
    ['/flag', { XDG_STATE_HOME: '/xdg', HOME: '/home/ada' }, '/flag'],
    [null, { XDG_STATE_HOME: '/xdg', HOME: '/home/ada' }, '/xdg/zerogpu'],
    [null, { XDG_STATE_HOME: '', HOME: '/home/ada' }, '/home/ada/.local/state/zerogpu'],
    [null, { HOME: '/home/ada' }, '/home/ada/.local/state/zerogpu'],
    [null, { HOME: '/home/ada', XDG_STATE_HOME: 'rel' }, '/home/ada/.local/state/zerogpu'],
    [null, { HOME: '' }, join(userInfo().homedir, '.local/state/zerogpu')],
    [null, { HOME: 'rel' }, join(userInfo().homedir, '.local/state/zerogpu')],
    [null, {}, join(userInfo().homedir, '.local/state/zerogpu')],
  ])('by --state-dir %s and %j is %s', (flag, env, dir) => {
    expect(stateDir(flag, env)).toBe(dir);
  });

  it('is not where environments are kept: those can be made again', () => {
    expect(cacheDir({ HOME: '/home/ada' })).toBe('/home/ada/.cache/zerogpu');
    expect(cacheDir({ HOME: '/home/ada', XDG_CACHE_HOME: '/xdg' })).toBe('/xdg/zerogpu');
    expect(cacheDir({ HOME: '/home/ada', XDG_CACHE_HOME: './x' })).toBe('/home/ada/.cache/zerogpu');
    expect(configDir({ HOME: '/home/ada', XDG_CONFIG_HOME: 'x' })).toBe(
      '/home/ada/.config/zerogpu',
    );
  });
});

describe('the folder of a run', () => {
  it('is the user’s alone, and says which container the Space is in', async () => {
    const folder = await createRunFolder(join(temporaryFolder(), 'not', 'there', 'yet'), 'abc');
    expect(statSync(folder.dir).mode & 0o777).toBe(0o700);
    expect(folder.cgroupPath).toBe('/zerogpu/abc');
    expect(readFileSync(folder.cgroupFile, 'utf8')).toBe(
      '4:devices:/zerogpu/abc\n0::/zerogpu/abc\n',
    );
    expect(readdirSync(folder.offloadDir)).toEqual([]);
    await folder.remove();
  });

  it('is another one for each run', async () => {
    const state = temporaryFolder();
    const [a, b] = [await createRunFolder(state, 'a'), await createRunFolder(state, 'b')];
    expect(a.dir).not.toBe(b.dir);
    expect(a.offloadDir).not.toBe(b.offloadDir);
    await Promise.all([a.remove(), b.remove()]);
  });

  it('goes with all that is in it, and may be gone already', async () => {
    const state = temporaryFolder();
    const folder = await createRunFolder(state, 'abc');
    writeFileSync(join(folder.dir, 'file'), 'x');
    writeFileSync(join(folder.offloadDir, 'tensors'), 'x');
    await folder.remove();
    await folder.remove();
    expect([folder.dir, folder.offloadDir].map((dir) => existsSync(dir))).toEqual([false, false]);
    expect(readdirSync(join(state, 'runs'))).toEqual([]);
  });

  it('of a run that was killed is removed by the next, and no other one is', async () => {
    const state = temporaryFolder();
    const runs = join(state, 'runs');
    const elsewhere = join(temporaryFolder(), 'zerogpu-tensors');
    const left = async (name: string, owner: object | null) => {
      const folder = await createRunFolder(state, name, fileClockMs());
      const file = join(folder.dir, 'owner.json');
      const own = JSON.parse(readFileSync(file, 'utf8'));
      rmSync(file);
      if (owner) writeFileSync(file, JSON.stringify({ ...own, ...owner }));
      return basename(folder.dir);
    };
    mkdirSync(elsewhere);
    const dead = { pid: 2 ** 22 - 1, offloadDir: elsewhere };
    await left('dead', dead);
    const kept = [
      await left('of another machine', { ...dead, host: 'elsewhere' }),
      await left('of a container', { ...dead, pidNamespace: 'pid:[1]' }),
      await left('alive', {}),
      await left('without an owner', null),
    ];
    // Whatever an owner file says, only our folders are removed.
    const stranger = join(temporaryFolder(), 'documents');
    mkdirSync(stranger);
    await left('wrong', { ...dead, offloadDir: stranger });
    const next = basename((await createRunFolder(state, 'next', fileClockMs())).dir);
    expect(readdirSync(runs).sort()).toEqual([...kept, next].sort());
    expect(existsSync(elsewhere)).toBe(false);
    expect(existsSync(stranger)).toBe(true);
  });

  it('of a run that was killed with its supervisors gives their processes away to the next run', async () => {
    const state = temporaryFolder();
    const runId = randomBytes(8).toString('hex');
    const folder = await createRunFolder(state, runId);
    const file = join(folder.dir, 'owner.json');
    writeFileSync(
      file,
      JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), pid: 2 ** 22 - 1 }),
    );
    const left = spawn('sleep', ['600'], { env: { ZEROGPU_RUN_ID: runId }, stdio: 'ignore' });
    onTestFinished(() => void left.kill('SIGKILL'));
    const ended = new Promise((resolve) => left.once('exit', (_code, signal) => resolve(signal)));
    await (await createRunFolder(state, 'next')).remove();
    expect(await ended).toBe('SIGKILL');
  });

  it('cannot be made in a file', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(createRunFolder(file, 'abc')).rejects.toMatchObject({
      code: 'E_STATE_DIR',
      exitCode: 3,
      message: `the state folder ${file} can't be used`,
      why: expect.stringContaining('ENOTDIR'),
    });
  });
});
