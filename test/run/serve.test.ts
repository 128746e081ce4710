import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AppExit, AppProcess } from '../../src/run/app-process.js';
import { serveUntilDone, waitForStart } from '../../src/run/serve.js';
import { listen } from '../support/gateway/index.js';

const NEVER = new AbortController().signal;
const MINUTE = { startTimeoutSeconds: 60 };

/** An app that says what it said, and ends when told to. */
function appOf(lines: readonly string[] = []): AppProcess & { end(exit: AppExit): void } {
  let end: (exit: AppExit) => void = () => {};
  const exited = new Promise<AppExit>((resolve) => {
    end = resolve;
  });
  return { root: null, exited, lastLines: () => lines, stop: async () => {}, kill() {}, end };
}

const answering = (listener: RequestListener) => listen(createServer(listener));
const fine: RequestListener = (_, response) => response.end('fine');

afterEach(() => vi.useRealTimers());

describe('waiting for the start', () => {
  it('ends with the first port that answers', async () => {
    const silent = await answering(() => {});
    const port = await answering(fine);
    expect(await waitForStart(appOf(), () => [1, port, silent], MINUTE, NEVER)).toBe(port);
  });

  it('looks again for ports, since an app may choose its own late', async () => {
    const port = await answering(fine);
    let looks = 0;
    const candidates = () => (++looks > 2 ? [port] : []);
    expect(await waitForStart(appOf(), candidates, MINUTE, NEVER)).toBe(port);
  });

  it('takes a refusal for an answer, but no failure', async () => {
    let status = 500;
    const port = await answering((_, response) => {
      response.writeHead(status).end();
      status = 401;
    });
    expect(await waitForStart(appOf(), () => [port], MINUTE, NEVER)).toBe(port);
    expect(status).toBe(401);
  });

  it('says what the app said last when it ends, and how to add a missing package', async () => {
    const crash = async (lines: readonly string[], exit: AppExit) => {
      const app = appOf(lines);
      app.end(exit);
      return waitForStart(app, () => [], MINUTE, NEVER).catch((error: unknown) => error);
    };
    const lines = ['Traceback', "ModuleNotFoundError: No module named 'einops.layers'", ' '];
    expect(await crash(lines, { code: 1, signal: null })).toMatchObject({
      code: 'E_APP_CRASHED',
      exitCode: 1,
      message: 'the app ended with code 1 before it answered',
      why: "ModuleNotFoundError: No module named 'einops.layers'",
      fix: ['add the package of `einops` to requirements.txt'],
    });
    expect(await crash([], { code: null, signal: 'SIGKILL' })).toMatchObject({
      message: 'the app ended with SIGKILL before it answered',
      why: undefined,
      fix: ['mend the error that the app printed above'],
    });
  });

  it('ends after its time, and not before, however long that is', async () => {
    await expect(
      waitForStart(appOf(), () => [], { startTimeoutSeconds: 0.2 }, NEVER),
    ).rejects.toMatchObject({
      code: 'E_APP_SILENT',
      exitCode: 1,
      message: 'the app did not answer within 0.2 s',
    });
    const port = await answering(fine);
    let looks = 0;
    const later = () => (++looks > 2 ? [port] : []);
    const years = { startTimeoutSeconds: 1e8 };
    expect(await waitForStart(appOf(), later, years, NEVER)).toBe(port);
  });

  it('ends with a signal', async () => {
    const interruption = new AbortController();
    setTimeout(() => interruption.abort('SIGTERM'), 50);
    const start = waitForStart(appOf(), () => [], MINUTE, interruption.signal);
    await expect(start).rejects.toBe('SIGTERM');
  });
});

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
