import { describe, expect, it } from 'vitest';
import { isForegroundStat } from '../../src/shared/foreground.js';

const stat = (group: number, terminal: number, foreground: number) =>
  `42 (a (strange) name) S 1 ${group} 7 ${terminal} ${foreground} 4194304 100`;

describe('a process', () => {
  it.each([
    ['whose group has the terminal', stat(42, 34_816, 42), true],
    ['that a shell has started with &', stat(42, 34_816, 7), false],
    ['without a terminal', stat(42, 0, -1), false],
    ['of a group that left the terminal', stat(42, 0, 42), false],
  ])('%s is in the foreground: %s', (_, text, expected) => {
    expect(isForegroundStat(text)).toBe(expected);
  });
});
