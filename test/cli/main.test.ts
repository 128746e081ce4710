/** What the command line hands to `run`: flags, their environment twins, what follows `--`. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { run } from '../../src/run/run.js';
import { UserError } from '../../src/shared/errors.js';

vi.mock('../../src/run/run.js', () => ({ run: vi.fn(async () => 0) }));
const ran = vi.mocked(run);

/** Runs a command line; what it said comes back with its code. */
async function zerogpu(...argv: string[]) {
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough().on('data', (part) => {
      said[name] += part;
    });
  const code = await main(argv, {
    env: process.env,
    cwd: '/',
    stdin: new PassThrough(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    interrupted: new AbortController().signal,
    onForced() {},
  });
  return { code, ...said };
}

/** Folder, command and flags of the one run that was asked for. */
function asked() {
  const [dir, command, flags] = ran.mock.calls[0] ?? [];
  return { dir, command, flags };
}

beforeEach(() => {
  ran.mockClear();
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('ZEROGPU_')) vi.stubEnv(name, undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

describe('the words of a command line', () => {
  it.each<[string[], string, string[]]>([
    [['run'], '.', []],
    [['run', 'demo'], 'demo', []],
    [['run', '--debug', 'demo'], 'demo', []],
    [['run', '--debug', '5679', 'demo'], 'demo', []],
    [['run', 'demo', '--', 'pytest', '-x', 'tests/'], 'demo', ['pytest', '-x', 'tests/']],
    [['run', '--', 'pytest', 'tests/'], '.', ['pytest', 'tests/']],
    [
      ['run', 'demo', '--as', 'pro', '--', 'sh', '--', '--port', '1'],
      'demo',
      ['sh', '--', '--port', '1'],
    ],
    [['run', '--as', 'pro', 'demo', '--'], 'demo', []],
  ])('%j: the Space is %s, the command %j', async (argv, dir, command) => {
    expect(await zerogpu(...argv)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(asked()).toMatchObject({ dir, command });
  });

  it('give flags as the user wrote them, for `run` to judge', async () => {
    await zerogpu('run', '--duration', '-5', '--port=abc', '-y', '--no-install', '--ascii');
    expect(asked().flags).toMatchObject({
      duration: '-5',
      port: 'abc',
      yes: true,
      install: false,
      ascii: true,
    });
  });

  it('say nothing that was not said', async () => {
    await zerogpu('run');
    expect(asked().flags).toEqual({
      platform: 'h200',
      gpu: 'auto',
      gpus: '1',
      speed: '1',
      seed: '1',
      as: 'anonymous',
      host: '127.0.0.1',
      install: true,
      preload: true,
      owner: 'local',
      startTimeout: '10m',
      logFormat: 'text',
    });
  });
});

describe('environment twins', () => {
  it.each([
    ['platform', 'PLATFORM'],
    ['gpu', 'GPU'],
    ['gpus', 'GPUS'],
    ['vram', 'VRAM'],
    ['duration', 'DURATION'],
    ['speed', 'SPEED'],
    ['as', 'AS'],
    ['host', 'HOST'],
    ['port', 'PORT'],
    ['python', 'PYTHON'],
    ['startTimeout', 'START_TIMEOUT'],
    ['for', 'FOR'],
    ['logFormat', 'LOG_FORMAT'],
    ['events', 'EVENTS'],
    ['stateDir', 'STATE_DIR'],
  ] as const)('of %s is ZEROGPU_%s, and the flag wins', async (name, variable) => {
    vi.stubEnv(`ZEROGPU_${variable}`, 'of the variable');
    await zerogpu('run');
    expect(asked().flags).toHaveProperty(name, 'of the variable');
    ran.mockClear();
    await zerogpu('run', `--${variable.toLowerCase().replace('_', '-')}`, 'of the flag');
    expect(asked().flags).toHaveProperty(name, 'of the flag');
  });

  it.each([
    ['ZEROGPU_YES', '1', { yes: true }],
    ['ZEROGPU_YES', 'true', { yes: true }],
    ['ZEROGPU_YES', '0', { yes: false }],
    ['ZEROGPU_ASCII', 'No', { ascii: false }],
    ['ZEROGPU_INSTALL', '0', { install: false }],
    ['ZEROGPU_INSTALL', 'false', { install: false }],
    ['ZEROGPU_INSTALL', '1', { install: true }],
    ['ZEROGPU_INSTALL', '', { install: true }],
    ['ZEROGPU_GPUS', '', { gpus: '1' }],
  ])('mean what they say: %s=%s is %j', async (name, value, flags) => {
    vi.stubEnv(name, value);
    await zerogpu('run');
    expect(asked().flags).toMatchObject(flags);
  });

  it('say nothing when they are empty, as CI leaves them', async () => {
    for (const name of ['PORT', 'DURATION', 'FOR', 'YES']) vi.stubEnv(`ZEROGPU_${name}`, '');
    await zerogpu('run');
    const { port, duration, for: time, yes } = asked().flags ?? {};
    expect([port, duration, time, yes]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('never turn off what a flag turns on', async () => {
    vi.stubEnv('ZEROGPU_YES', '0');
    vi.stubEnv('ZEROGPU_INSTALL', '1');
    await zerogpu('run', '--yes', '--no-install');
    expect(asked().flags).toMatchObject({ yes: true, install: false });
  });
});

describe('the end', () => {
  it('has the code that `run` gave', async () => {
    ran.mockResolvedValueOnce(7);
    expect(await zerogpu('run')).toEqual({ code: 7, stdout: '', stderr: '' });
  });

  it('reports what a user can fix, and how', async () => {
    const details = { why: 'First.\nSecond.', fix: ['one', 'two'], exitCode: 3 };
    ran.mockRejectedValueOnce(new UserError('E_PORT_TAKEN', 'port 1 is taken', details));
    expect(await zerogpu('run')).toEqual({
      code: 3,
      stdout: '',
      stderr: [
        'error  port 1 is taken                                              E_PORT_TAKEN',
        '  First.',
        '  Second.',
        '  fix    one',
        '         two\n',
      ].join('\n'),
    });
  });

  it('keeps a blank before the code of a long message', async () => {
    ran.mockRejectedValueOnce(new UserError('E_USAGE', 'x'.repeat(90)));
    expect((await zerogpu('run')).stderr).toBe(`error  ${'x'.repeat(90)}  E_USAGE\n`);
  });

  it('shows the stack of a bug of zerogpu, with its own code', async () => {
    ran.mockRejectedValueOnce(new TypeError('x is not a function'));
    const { code, stdout, stderr } = await zerogpu('run');
    expect([code, stdout]).toEqual([70, '']);
    expect(stderr).toMatch(/^bug {4}zerogpu .*\nTypeError: x is not a function\n +at /);
    ran.mockRejectedValueOnce('a string');
    expect(await zerogpu('run')).toMatchObject({ code: 70 });
  });
});
