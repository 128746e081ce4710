/** Help has a start of its own: which command lines take it, and that it prints the same. */
import { describe, expect, it } from 'vitest';
import { asksForHelp } from '../../src/cli/asks-for-help.js';
import { zerogpu } from '../support/cli.js';

describe('a command line that can only print help', () => {
  it.each([
    [[]],
    [['--help']],
    [['-h']],
    [['run', '--help']],
    [['state', 'export', '-h']],
    [['no-such-command', '--help']],
  ])('%j', (argv) => {
    expect(asksForHelp(argv)).toBe(true);
  });

  it.each([
    ['runs a command', ['run']],
    ['gives --help to an option', ['run', '--env-file', '--help']],
    ['gives --help to Python', ['python', '--help']],
    ['gives --help to a program', ['run', '--', 'pytest', '--help']],
    ['has more after it', ['run', '--help', 'folder']],
  ])('is not one that %s', (_what, argv) => {
    expect(asksForHelp(argv)).toBe(false);
  });
});

it('prints what the whole program prints', async () => {
  const [usual, own] = [
    ['help', 'state'],
    ['state', '--help'],
  ].map((argv) => zerogpu(argv));
  expect(await own).toEqual(await usual);
  expect(await zerogpu([])).toEqual(await zerogpu(['help']));
  expect(await zerogpu(['state', 'export', '--help'])).toMatchObject({ code: 0, stderr: '' });
});
