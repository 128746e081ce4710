import { describe, expect, it } from 'vitest';
import { type Ending, endingText, exitCodeOf } from '../../src/run/ending.js';

const interrupted = (signal: string): Ending => ({ kind: 'interrupted', signal });
const appEnded = (code: number): Ending => ({ kind: 'app-ended', exit: { code, signal: null } });
const OVER: Ending = { kind: 'time-over' };

describe('the exit code', () => {
  it.each([
    ['of a run that was stopped', interrupted('SIGINT'), null, 0],
    ['of a run whose time is over', OVER, null, 0],
    ['of an app that ended well', appEnded(0), null, 0],
    ['of an app that failed', appEnded(3), null, 1],
    ['of a command', { kind: 'command-ended', code: 7 }, 7, 7],
    ['of a command that ended well', { kind: 'command-ended', code: 0 }, 0, 0],
    ['of a command that its run’s signal ended', interrupted('SIGINT'), 130, 130],
    ['of a command with an own code for it', interrupted('SIGTERM'), 7, 7],
    // Whatever the command says: it was cut short.
    ['of a command that took SIGTERM calmly', interrupted('SIGTERM'), 0, 143],
    ['of a command that took SIGHUP calmly', interrupted('SIGHUP'), 0, 129],
    ['of a command that took SIGQUIT calmly', interrupted('SIGQUIT'), 0, 131],
    ['of a command whose time is over', OVER, 143, 143],
    ['of a command that took the end of --for calmly', OVER, 0, 1],
    ['of a command whose app ended', appEnded(0), 0, 1],
  ] as const)('%s is the one that scripts expect', (_, ending, commandCode, code) => {
    expect(exitCodeOf(ending, commandCode)).toBe(code);
  });
});

describe('the last line of a log', () => {
  it('says how the app ended', () => {
    expect(endingText(appEnded(2))).toBe('the app ended with code 2');
  });
});
