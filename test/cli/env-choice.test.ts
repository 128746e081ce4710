import { describe, expect, it } from 'vitest';
import { chooseEnvironments, parseAge } from '../../src/cli/env-choice.js';
import type { KeptEnvironment } from '../../src/python-env/kept.js';

const DAY_MS = 86_400_000;

function kept(name: string, changes: Partial<KeptEnvironment> = {}): KeptEnvironment {
  return {
    ...{ name, dir: `/cache/${name}`, space: null, python: '3.11.7', torch: null, bytes: 1 },
    ...{ lastUsedMs: 0, state: 'ready', ...changes },
  };
}
const ALL = [
  kept('old'),
  kept('new', { lastUsedMs: 29 * DAY_MS }),
  kept('busy', { state: 'in use' }),
  kept('half', { state: 'incomplete', lastUsedMs: null }),
];

function choose(changes: Partial<Parameters<typeof chooseEnvironments>[1]>) {
  const defaults = { names: [], all: false, unusedMs: null, nowMs: 30 * DAY_MS };
  const { removed, kept: left } = chooseEnvironments(ALL, { ...defaults, ...changes });
  return [removed.map(({ name }) => name), left.map(({ name }) => name)];
}

describe('which environments zerogpu env rm means', () => {
  it('is those that are named, and none that is in use', () => {
    expect(choose({ names: ['new', 'old'] })).toEqual([['old', 'new'], []]);
    expect(() => choose({ names: ['old', 'busy'] })).toThrow('busy is in use');
    expect(() => choose({ names: ['nowhere'] })).toThrow('there is no environment "nowhere"');
  });

  it('is all but those in use', () => {
    expect(choose({ all: true })).toEqual([['old', 'new', 'half'], ['busy']]);
  });

  it('is those of a certain age, and halves', () => {
    expect(choose({ unusedMs: 30 * DAY_MS })).toEqual([['old', 'half'], ['busy']]);
    expect(choose({ unusedMs: 31 * DAY_MS })).toEqual([['half'], []]);
  });

  it('has to be said, and in one way', () => {
    expect(() => choose({})).toThrow('takes names, --all, or --unused TIME');
    expect(() => choose({ all: true, names: ['old'] })).toThrow('takes names');
  });

  it.each([
    ['30d', 30 * DAY_MS],
    ['12h', DAY_MS / 2],
  ])('reads %s', (text, expected) => {
    expect(parseAge(text)).toBe(expected);
  });

  it.each(['30', 'a month', '-1d', '1.5d'])('refuses %s', (text) => {
    expect(() => parseAge(text)).toThrow('is not a number of days or hours');
  });
});
