/** Ctrl-C reaches our tools as well: their end may be seen before the signal is. */
import { describe, expect, it } from 'vitest';
import { EXIT, UserError } from '../../src/shared/errors.js';
import { interruptible, untilAborted } from '../../src/shared/interruption.js';

const ended = new UserError('E_APP_CRASHED', 'the app ended', { exitCode: EXIT.failed });
const fails = async () => {
  throw ended;
};
/** What `interruptible` throws when the signal comes so many milliseconds after the failure. */
async function thrownAfter(ms: number | null): Promise<unknown> {
  const interruption = new AbortController();
  if (ms !== null) setTimeout(() => interruption.abort('SIGINT'), ms);
  return interruptible(interruption.signal, fails).catch((error: unknown) => error);
}

describe('work that fails', () => {
  it.each([0, 1, 50])('%d ms before a signal failed by that signal', async (ms) => {
    expect(await thrownAfter(ms)).toBe('SIGINT');
  });

  it('after a signal failed by that signal', async () => {
    const signal = AbortSignal.abort('SIGTERM');
    await expect(interruptible(signal, fails)).rejects.toBe('SIGTERM');
  });

  it.each([null, 500])('with no signal near it (%s) failed by itself', async (ms) => {
    expect(await thrownAfter(ms)).toBe(ended);
  });
});

describe('work that can not end early', () => {
  const forever = new Promise<never>(() => {});

  it('is not waited for once it is interrupted', async () => {
    const interruption = new AbortController();
    const waiting = untilAborted(interruption.signal, forever);
    interruption.abort('SIGINT');
    await expect(waiting).rejects.toBe('SIGINT');
    await expect(untilAborted(AbortSignal.abort('SIGTERM'), forever)).rejects.toBe('SIGTERM');
  });

  it('gives its result or its failure otherwise', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(signal, Promise.resolve(7))).toBe(7);
    await expect(untilAborted(signal, fails())).rejects.toBe(ended);
  });
});
