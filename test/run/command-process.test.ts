/** The command after `--`, for real: its code, its signals, and nothing of it left. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  assertCommandExists,
  startCommand,
  withPythonFirst,
} from '../../src/run/command-process.js';
import { processesOfRun, runMark } from '../../src/shared/process-marks.js';
import { killProcessTree } from '../../src/shared/process-table.js';
import { PYTHON, SUPERVISOR, temporaryFolder } from '../support/supervise.js';

function start(script: string) {
  const runId = randomBytes(8).toString('hex');
  const cwd = temporaryFolder();
  const command = startCommand({
    command: ['sh', '-c', script],
    cwd,
    env: { PATH: process.env['PATH'], ZEROGPU_URL: 'http://x:1' },
    ...{ python: PYTHON, supervisor: SUPERVISOR, mark: runMark(runId), inForeground: false },
  });
  onTestFinished(() => {
    for (const left of processesOfRun(runId)) killProcessTree(left);
  });
  const ready = () => expect.poll(() => existsSync(join(cwd, 'ready'))).toBe(true);
  return { command, cwd, ready, left: () => processesOfRun(runId) };
}

describe('a command', () => {
  it('gets its environment, and its code is passed on', async () => {
    const { command } = start('test "$ZEROGPU_URL" = http://x:1 && exit 9');
    expect(await command.ended).toBe(9);
    expect(await command.stop('SIGTERM')).toBe(9);
    expect(await start('kill -TERM $$').command.ended).toBe(143);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)('is ended by %s', async (signal, code) => {
    const { command, ready, left } = start('touch ready; exec sleep 600');
    await ready();
    expect(await command.stop(signal)).toBe(code);
    expect(left()).toEqual([]);
  });

  it('may handle the signal and say its own code', async () => {
    const { command, ready } = start(
      'trap "exit 7" INT; touch ready; while :; do sleep 0.05; done',
    );
    await ready();
    expect(await command.stop('SIGINT')).toBe(7);
  });

  it('that ignores signals is killed with what it has left in the background', async () => {
    const script =
      'trap "" TERM INT; (setsid sleep 600 &); nohup sleep 600 >/dev/null 2>&1 & touch ready; while :; do sleep 0.05; done';
    const { command, ready, left } = start(script);
    await ready();
    expect(left().length).toBeGreaterThanOrEqual(5);
    command.kill();
    expect(await command.ended).toBe(137);
    expect(left()).toEqual([]);
  });

  it('that ends well takes its background with it', async () => {
    const { command, left } = start('(setsid env -i sleep 600 &); sleep 600 & exit 0');
    expect(await command.ended).toBe(0);
    expect(left()).toEqual([]);
  });
});

describe('the PATH of a command', () => {
  it('begins with a virtual environment, and not with the folder of any other Python', () => {
    const dir = temporaryFolder();
    const python = join(dir, 'bin/python');
    expect(withPythonFirst({ PATH: '/usr/bin' }, python)).toEqual({ PATH: '/usr/bin' });
    writeFileSync(join(dir, 'pyvenv.cfg'), '');
    mkdirSync(join(dir, 'bin'));
    expect(withPythonFirst({ PATH: '/usr/bin' }, python)['PATH']).toBe(`${dir}/bin:/usr/bin`);
  });
});

describe('a command that can’t be started', () => {
  it('is named before anything runs', () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'plain'), 'exit 0');
    mkdirSync(join(cwd, 'folder'));
    const env = { PATH: process.env['PATH'] };
    const refusal = (why: string) =>
      expect.objectContaining({ code: 'E_COMMAND_NOT_FOUND', exitCode: 3, why });
    const check = (file: string) => () => assertCommandExists([file], cwd, env);
    expect(check('/no/such/program')).toThrow(refusal('There is no such program.'));
    expect(check('no-such-program')).toThrow(refusal('There is no such program.'));
    expect(check('./folder')).toThrow(refusal(`${join(cwd, 'folder')} is not a file.`));
    if (process.getuid?.() !== 0) {
      expect(check('./plain')).toThrow(refusal(`${join(cwd, 'plain')} is not executable.`));
    }
    expect(check('sh')).not.toThrow();
  });

  it('is not a script without a #! line', async () => {
    const { cwd } = start('exit 0');
    const file = join(cwd, 'script');
    writeFileSync(file, 'echo $ZEROGPU_URL > seen; exit 4\n');
    chmodSync(file, 0o755);
    const command = startCommand({
      command: [file],
      cwd,
      env: { PATH: process.env['PATH'], ZEROGPU_URL: 'there' },
      ...{ python: PYTHON, supervisor: SUPERVISOR, mark: 1n, inForeground: false },
    });
    expect(await command.ended).toBe(4);
    expect(readFileSync(join(cwd, 'seen'), 'utf8')).toBe('there\n');
  });
});
