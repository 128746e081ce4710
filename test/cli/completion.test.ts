/** Completion as bash does it, and the scripts of the other shells held against the commands. */
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { zerogpu } from '../support/cli.js';

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

describe.runIf(has('bash'))('in bash', () => {
  let script = '';
  beforeAll(async () => {
    script = (await zerogpu(['completion', 'bash'])).stdout;
  });

  /** What is offered for the last of these words. */
  function offered(...words: string[]): readonly string[] {
    const set = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _zerogpu; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const run = spawnSync('bash', ['-c', `${script}\n${set}`, 'bash', 'zerogpu', ...words], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    return run.stdout.split('\n').filter(Boolean);
  }

  it.each([
    [['ch'], ['check']],
    [['run', '--plat'], ['--platform']],
    [
      ['run', 'demo', '--gpus', '2', '--as', ''],
      ['anonymous', 'free', 'pro', 'team', 'enterprise', 'account'],
    ],
    [['check', '--platform', 'r'], ['rtx-pro-6000']],
    [['config', 'un'], ['unset']],
    [['config', 'list', '--js'], ['--json']],
    [['completion', '--h'], ['--help']],
    // Folders are bash's own; what comes after -- is not completed.
    [['run', 'de'], []],
    [['run', '--', '--plat'], []],
  ])('%j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });

  it('offers every command', () => {
    expect(offered('')).toEqual(
      expect.arrayContaining(['init', 'run', 'check', 'doctor', 'quota']),
    );
  });
});

describe.each(['zsh', 'fish'])('the script for %s', (shell) => {
  it('names every command, and is taken by the shell where there is one', async () => {
    const { stdout, code } = await zerogpu(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['init', 'check', 'doctor', 'platform', 'rtx-pro-6000']) {
      expect(stdout).toContain(word);
    }
    if (has(shell)) expect(spawnSync(shell, ['-n'], { input: stdout }).status).toBe(0);
  });
});

it('knows three shells', async () => {
  const { code, stderr } = await zerogpu(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(stderr).toContain('bash, zsh, fish');
});
