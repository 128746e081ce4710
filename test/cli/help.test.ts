/** `zerogpu help`: commands, topics, and what is neither. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { HELP_TOPICS } from '../../src/cli/help-topics.js';
import { main } from '../../src/cli/main.js';
import { profileNames } from '../../src/platform/index.js';
import { EXIT } from '../../src/shared/errors.js';
import { programOfDocs } from '../support/command-reference.js';

async function zerogpu(...argv: string[]) {
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough().on('data', (part) => {
      said[name] += part;
    });
  const code = await main(argv, {
    ...{ env: {}, cwd: '/', stdin: new PassThrough() },
    ...{ stdout: stream('stdout'), stderr: stream('stderr') },
    interrupted: new AbortController().signal,
    onForced() {},
  });
  return { code, ...said };
}

describe('zerogpu help', () => {
  it('is the same as --help, for the program and for each command', async () => {
    expect(await zerogpu('help')).toEqual(await zerogpu('--help'));
    const commands = programOfDocs().commands.map((command) => command.name());
    expect(commands).toContain('run');
    for (const name of commands) {
      expect(await zerogpu('help', name)).toEqual(await zerogpu(name, '--help'));
    }
  });

  it('names each topic, and has each that it names', async () => {
    const { stdout } = await zerogpu('help', 'help');
    for (const { name } of HELP_TOPICS) {
      expect(stdout).toContain(`zerogpu help ${name}`);
      expect(await zerogpu('help', name)).toMatchObject({ code: 0, stderr: '' });
    }
  });

  it('lists each environment twin once, with its flag and its commands', async () => {
    const { stdout } = await zerogpu('help', 'environment');
    const variables = programOfDocs().commands.flatMap(({ options }) =>
      options.flatMap(({ envVar }) => envVar ?? []),
    );
    for (const variable of variables) {
      expect(stdout.match(new RegExp(`^ {2}${variable} `, 'gm'))).toHaveLength(1);
    }
    expect(stdout).toMatch(/ZEROGPU_FAULT +--fault of run, serve/);
  });

  it('lists every exit code of the program', async () => {
    const { stdout } = await zerogpu('help', 'exit-codes');
    for (const code of Object.values(EXIT)) expect(stdout).toMatch(new RegExp(`\\b${code}\\b`));
  });

  it('describes every platform', async () => {
    const { stdout } = await zerogpu('help', 'platforms');
    for (const name of profileNames) expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
    expect(stdout).toContain('anonymous 2m00s, free 3m30s, pro 25m00s in 24 h');
  });

  it('says what was meant, and what there is', async () => {
    const { code, stdout, stderr } = await zerogpu('help', 'enviroment');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('there is no help on "enviroment". Did you mean environment?');
    expect(stderr).toContain('fix    zerogpu help environment');
  });
});
