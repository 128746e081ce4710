import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSeconds, parseDuration } from '../../src/shared/duration.js';
import { UserError } from '../../src/shared/errors.js';

describe('parseDuration', () => {
  it.each([
    ['60', 60],
    ['60s', 60],
    ['1m30s', 90],
    ['2h', 7200],
    ['1h1m1s', 3661],
    ['0.5', 0.5],
    ['1.5s', 1.5],
  ])('reads %s as %d seconds', (text, seconds) => {
    expect(parseDuration(text, '--duration')).toBe(seconds);
  });

  it.each(['', '0', '-5', 'abc', '60x', '1m30', 's', 'NaN', 'Infinity', '1e3', '30s1m', '0s'])(
    'refuses %j, naming flag and value',
    (text) => {
      try {
        parseDuration(text, '--duration');
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect(error).toMatchObject({ code: 'E_USAGE', exitCode: 2 });
        expect((error as UserError).message).toContain(`--duration is "${text}"`);
      }
    },
  );

  it('never gives zero, a negative or a non-finite number', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const seconds = parseDuration(text, '--for');
          return seconds > 0 && Number.isFinite(seconds);
        } catch (error) {
          return error instanceof UserError;
        }
      }),
    );
  });
});

describe('formatSeconds', () => {
  it.each([
    [0, '0s'],
    [7.94, '7.9s'],
    [59.96, '1m00s'],
    [60, '1m00s'],
    [210, '3m30s'],
    [7500, '2h05m'],
    [-3, '0s'],
  ])('writes %d as %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });
});
