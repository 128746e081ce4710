import { describe, expect, it } from 'vitest';
import {
  isNewer,
  isQuestionDue,
  mayNotify,
  noticeOf,
  readUpdateState,
} from '../../src/update/decide.js';

const HOUR_MS = 3_600_000;

describe('who reads it', () => {
  it('is a person at a terminal', () => {
    expect(mayNotify(['run', 'demo'], {}, true)).toBe(true);
    expect(mayNotify(['run', 'demo'], {}, false)).toBe(false);
  });

  it.each([
    [{ CI: 'true' }],
    [{ NO_UPDATE_NOTIFIER: '1' }],
    [{ ZEROGPU_NO_UPDATE_CHECK: '1' }],
    [{ TERM: 'dumb' }],
  ])('is not whoever has %j', (env) => {
    expect(mayNotify(['run'], env, true)).toBe(false);
  });

  it.each([[{ CI: '' }], [{ ZEROGPU_NO_UPDATE_CHECK: '0' }]])('may have %j', (env) => {
    expect(mayNotify(['run'], env, true)).toBe(true);
  });

  it.each(['--json', '--format=sarif', '--format', '--log-format', '-q', '--quiet'])(
    'is not a script that says %s',
    (word) => {
      expect(mayNotify(['check', word], {}, true)).toBe(false);
    },
  );
});

describe('the file', () => {
  it('tells when was asked, and what was heard', () => {
    expect(readUpdateState('{"askedAtMs":5,"latest":"1.2.3"}')).toEqual({
      askedAtMs: 5,
      latest: '1.2.3',
    });
  });

  it.each([null, '', '{', '[]', 'null', '7', '{"askedAtMs":"5"}', '{"latest":"1.2.3"}'])(
    'that says %j says nothing',
    (text) => {
      expect(readUpdateState(text)).toBeNull();
    },
  );

  it.each(['\\u001b[2J1.0.0', '1.0', 'latest', '1.0.0-beta.1'])(
    'is not repeated where its version is %s',
    (latest) => {
      expect(readUpdateState(`{"askedAtMs":5,"latest":"${latest}"}`)).toEqual({
        askedAtMs: 5,
        latest: null,
      });
    },
  );
});

describe('a question', () => {
  it('is due at first, after a day, and when the clock was set back', () => {
    const state = { askedAtMs: 100 * HOUR_MS, latest: null };
    expect(isQuestionDue(null, 0)).toBe(true);
    expect(isQuestionDue(state, 123.9 * HOUR_MS)).toBe(false);
    expect(isQuestionDue(state, 124 * HOUR_MS)).toBe(true);
    expect(isQuestionDue(state, 99 * HOUR_MS)).toBe(true);
  });
});

describe('a version', () => {
  it.each([
    ['0.2.0', '0.1.9', true],
    ['0.1.10', '0.1.9', true],
    ['1.0.0', '0.9.9', true],
    ['0.1.0', '0.1.0', false],
    ['0.1.9', '0.2.0', false],
    ['0.9.9', '1.0.0', false],
    ['1.0.0', '1.0.0-beta.1', false],
    ['soon', '0.1.0', false],
  ])('%s after %s: %s', (latest, current, wanted) => {
    expect(isNewer(latest, current)).toBe(wanted);
  });

  it('that is newer is announced with the line that installs it', () => {
    expect(noticeOf({ askedAtMs: 0, latest: '0.2.0' }, '0.1.0')).toEqual([
      'zerogpu 0.2.0 is out; this is 0.1.0',
      '  npm install -g zerogpu@latest',
    ]);
    expect(noticeOf({ askedAtMs: 0, latest: '0.1.0' }, '0.1.0')).toEqual([]);
    expect(noticeOf(null, '0.1.0')).toEqual([]);
  });
});
