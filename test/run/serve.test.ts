import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AppExit, AppProcess } from '../../src/run/app/app-process.js';
import { serveUntilDone } from '../../src/run/serve.js';

/** An app that says what it said, and ends when told to. */
function appOf(lines: readonly string[] = []): AppProcess & { end(exit: AppExit): void } {
  let end: (exit: AppExit) => void = () => {};
  const exited = new Promise<AppExit>((resolve) => {
    end = resolve;
  });
  return { root: null, exited, lastLines: () => lines, stop: async () => {}, kill() {}, end };
}

afterEach(() => vi.useRealTimers());

describe('serving', () => {
  const serve = (
    { forSeconds, command }: { forSeconds?: number; command?: Promise<number> },
    app = appOf(),
  ) => {
    const interruption = new AbortController();
    const ended = serveUntilDone(
      app.exited,
      forSeconds ?? null,
      command ?? null,
      interruption.signal,
    );
    return { app, ended, interrupt: (name: string) => interruption.abort(name) };
  };

  it('ends with the app, a signal, or the time of --for', async () => {
    const first = serve({});
    first.app.end({ code: 3, signal: null });
    expect(await first.ended).toEqual({ kind: 'app-ended', exit: { code: 3, signal: null } });
    const second = serve({});
    second.interrupt('SIGINT');
    expect(await second.ended).toEqual({ kind: 'interrupted', signal: 'SIGINT' });
    expect(await serve({ forSeconds: 0.05 }).ended).toEqual({ kind: 'time-over' });
  });

  it('does not end at once when --for is longer than a timer can be', async () => {
    vi.useFakeTimers();
    const { ended, interrupt } = serve({ forSeconds: 1_000 * 3_600 });
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    interrupt('SIGINT');
    expect(await ended).toMatchObject({ kind: 'interrupted' });
  });

  it('ends with the command, or with the Ctrl-C that ended the command first', async () => {
    const command = Promise.resolve(9);
    expect(await serve({ command }).ended).toEqual({ kind: 'command-ended', code: 9 });
    const cut = serve({ command: Promise.resolve(130) });
    setTimeout(() => cut.interrupt('SIGINT'), 20);
    expect(await cut.ended).toEqual({ kind: 'interrupted', signal: 'SIGINT' });
  });
});
