/** The built command line as a process: codes, and one clear error where something is wrong. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type CliOptions, type Ended, fixture, zerogpu } from '../support/cli.js';
import { listen } from '../support/gateway/index.js';
import { temporaryFolder } from '../support/supervise.js';

const SPACE = fixture('everything');
const STACK = /^\s+at .+[:(]\d+:\d+\)?$/m;

/** What every error is: said once, with its code and a way out, on stderr alone. */
function expectError({ code, stdout, stderr }: Ended, exitCode: number, name: string): void {
  expect(stderr).toMatch(new RegExp(`^error {2}\\S.* {2}${name}$`, 'm'));
  expect(stderr.match(/^(error|bug) /gm)).toEqual(['error ']);
  expect(stderr).toMatch(/^ {2}fix {4}\S/m);
  expect(stderr).not.toMatch(STACK);
  expect(stdout).toBe('');
  expect(code).toBe(exitCode);
}

async function fail(exitCode: number, name: string, args: string[], options: CliOptions = {}) {
  const ended = await zerogpu(args, options);
  expectError(ended, exitCode, name);
  return ended.stderr;
}

describe('what is not an error', () => {
  it('tells the version', async () => {
    for (const flag of ['--version', '-V']) {
      const version = `${packageJson.version}\n`;
      expect(await zerogpu([flag])).toEqual({ code: 0, stdout: version, stderr: '' });
    }
  });

  it('tells the way about, asked or not', async () => {
    const [asked, word, bare, run, runWord] = await Promise.all(
      [['--help'], ['help'], [], ['run', '--help'], ['help', 'run']].map((args) => zerogpu(args)),
    );
    for (const ended of [asked, word, bare]) expect(ended).toEqual(asked);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked?.stdout).toMatch(/^Usage: zerogpu [\s\S]*^ {2}run .*Run a Space/m);
    expect(runWord).toEqual(run);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run?.stdout).toMatch(/^Usage: zerogpu run \[dir\] \[options\] \[-- command…\]/);
    // Each flag with the variable that stands for it.
    const flags = run?.stdout.match(/^ +(?:-\w, )?--[a-z-]+/gm) ?? [];
    expect(run?.stdout.match(/env:\s+ZEROGPU_[A-Z_]+/g)).toHaveLength(flags.length - 1);
  });
});

describe.skipIf(!existsSync('/dev/full'))('a disk that is full', () => {
  const cli = join(import.meta.dirname, '../../bin/zerogpu.js');
  const into = (stdio: 'stdout' | 'stderr', ...args: readonly string[]) => {
    const full = openSync('/dev/full', 'w');
    const streams = stdio === 'stdout' ? [full, 'pipe' as const] : ['pipe' as const, full];
    const ended = spawnSync(process.execPath, [cli, ...args], {
      ...{ encoding: 'utf8', stdio: ['ignore', ...streams] },
    });
    closeSync(full);
    return ended;
  };

  it('makes a result that it did not take no success', () => {
    const { status, stderr } = into('stdout', 'completion', 'bash');
    expect(status).toBe(3);
    expect(stderr).toMatch(/^error {2}stdout can't be written: ENOSPC/);
    expect(stderr).not.toMatch(STACK);
  });

  it('ends nothing by not taking the talk', () => {
    const { status, stdout } = into('stderr', 'explain', 'ZG201');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^# ZG201/);
    expect(into('stderr', 'frobnicate').status).toBe(2);
  });
});

describe('a command line that makes no sense', () => {
  it.each([
    ['a command that is not there', ['rnu'], "unknown command 'rnu'", 'Did you mean run?'],
    ['one like no other', ['frobnicate'], "unknown command 'frobnicate'", 'zerogpu --help'],
    ['a flag that is not there', ['run', '--prot', '1'], "option '--prot'", 'Did you mean --port?'],
    ['a flag without its value', ['run', '--gpus'], "option '--gpus <n>' argument missing", ''],
    ['a word too many', ['run', '.', 'pytest'], 'too many arguments', 'comes after --.'],
    ['a flag of nothing', ['--port', '1'], "unknown option '--port'", 'zerogpu --help'],
  ])('with %s', async (_, args, what, hint) => {
    const stderr = await fail(2, 'E_USAGE', args);
    expect(stderr).toContain(what);
    expect(stderr).toContain(hint);
  });

  // The other flags and values: test/run/options/options.test.ts.
  it.each([
    ['--duration', '0'],
    ['--port', '99999'],
    ['--log-format', 'xml'],
  ])('with %s %s, before anything else is looked at', async (flag, value) => {
    const stderr = await fail(2, 'E_USAGE', ['run', '/no/such/dir', `${flag}=${value}`]);
    expect(stderr).toContain(`${flag} is "${value}"`);
  });

  it.each([
    ['run', '--events'],
    ['run', '--python'],
    ['serve', '--state-dir'],
    ['simulate', '--from'],
  ])('with %s %s that is empty, as an unset variable leaves it', async (command, flag) => {
    expect(await fail(2, 'E_USAGE', [command, flag, ''])).toContain(`${flag} is empty`);
  });

  it('in a variable instead of a flag', async () => {
    const env = { ZEROGPU_DURATION: 'abc' };
    expect(await fail(2, 'E_USAGE', ['run', SPACE], { env })).toContain('--duration is "abc"');
  });

  it('is an object for a reader of objects', async () => {
    for (const args of [
      ['run', '--log-format', 'json', '--duration', '0'],
      ['run', '--prot', '--log-format=json'],
    ]) {
      const { code, stdout, stderr } = await zerogpu(args);
      expect([code, stdout, stderr.trimEnd().split('\n')]).toEqual([2, '', [stderr.trimEnd()]]);
      expect(JSON.parse(stderr)).toEqual({
        error: {
          code: 'E_USAGE',
          message: expect.stringMatching(/--duration is "0"|unknown option '--prot'/),
          why: expect.any(String),
          fix: [expect.any(String)],
        },
      });
    }
  });
});

describe('a Space that cannot run', () => {
  it('is not a folder', async () => {
    expect(await fail(2, 'E_SPACE_NOT_FOUND', ['run', '/no/such/dir'])).toContain('/no/such/dir');
    const near = await fail(2, 'E_SPACE_NOT_FOUND', ['run', fixture('everythign')]);
    expect(near).toContain('Did you mean everything?');
    const file = await fail(2, 'E_SPACE_NOT_FOUND', ['run', join(SPACE, 'app.py')]);
    expect(file).toContain('is a file');
  });

  it.each([
    ['no-app-file', 'E_SPACE_APP_FILE', 'README.md:8'],
    ['broken-sdk', 'E_SPACE_SDK', 'README.md:6: sdk is "docker"'],
    ['broken-yaml', 'E_SPACE_FRONT_MATTER', 'README.md:3'],
  ])('has a mistake: %s', async (name, code, text) => {
    expect(await fail(2, code, ['run', fixture(name)])).toContain(text);
  });

  it('has no file at all', async () => {
    const cwd = temporaryFolder();
    const stderr = await fail(2, 'E_SPACE_APP_FILE', ['run'], { cwd });
    expect(stderr).toContain(`there is no app file app.py in ${cwd}`);
  });
});

describe('what this machine has not', () => {
  it('is a platform of that name', async () => {
    const stderr = await fail(2, 'E_PLATFORM_UNKNOWN', ['run', SPACE, '--platform', 'h20']);
    expect(stderr).toContain('Did you mean h200?');
    expect(stderr).toContain('rtx-pro-6000');
  });

  it('is a GPU of NVIDIA', async () => {
    const env = { CUDA_VISIBLE_DEVICES: '' };
    await fail(3, 'E_GPU_UNAVAILABLE', ['run', SPACE, '--gpu', 'nvidia'], { env });
  });

  it('is a free port of that number', async () => {
    const port = await listen(createServer());
    const stderr = await fail(3, 'E_PORT_TAKEN', ['run', SPACE, '--port', String(port)]);
    expect(stderr).toContain(`port ${port} is taken by `);
    expect(stderr).toContain(`pid ${process.pid}`);
    expect(stderr).toContain(`--port ${port + 1}`);
  });

  it('is that Python', async () => {
    const dir = temporaryFolder();
    const noPython = join(dir, 'python');
    writeFileSync(noPython, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    for (const python of [join(dir, 'none'), noPython]) {
      const args = ['run', SPACE, '--port', '0', '--python', python];
      expect(await fail(3, 'E_PYTHON_NOT_FOUND', args)).toContain(python);
    }
  });

  it('is a state folder that can be written', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await fail(3, 'E_STATE_DIR', ['run', SPACE, '--port', '0', '--state-dir', join(file, 'x')]);
  });

  it('is an address of that number', async () => {
    await fail(2, 'E_USAGE', ['run', SPACE, '--port', '0', '--host', '203.0.113.1']);
  });
});

describe('a run that fails', () => {
  it('leaves nothing in the state folder', async () => {
    const state = temporaryFolder();
    const args = ['run', SPACE, '--port', '0', '--python', '/no/such', '--state-dir', state];
    await fail(3, 'E_PYTHON_NOT_FOUND', args);
    expect(readdirSync(join(state, 'runs'))).toEqual([]);
  });

  it('shows where, with ZEROGPU_DEBUG', async () => {
    const { stderr } = await zerogpu(['run', '--gpus', '0'], { env: { ZEROGPU_DEBUG: '1' } });
    expect(stderr).toMatch(STACK);
  });
});
