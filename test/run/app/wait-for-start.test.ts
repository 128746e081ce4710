import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { AppExit, AppProcess } from '../../../src/run/app/app-process.js';
import {
  isOwnChoice,
  judgeStart,
  REPORT_WITHIN_MS,
  type StartPorts,
  waitForStart,
} from '../../../src/run/app/wait-for-start.js';
import { listen } from '../../support/gateway/index.js';

const NEVER = new AbortController().signal;
const MINUTE = { startTimeoutSeconds: 60, allowNoGpuFunction: false };

/** An app that says what it said, and ends when told to. */
function appOf(lines: readonly string[] = []): AppProcess & { end(exit: AppExit): void } {
  let end: (exit: AppExit) => void = () => {};
  const exited = new Promise<AppExit>((resolve) => {
    end = resolve;
  });
  return { root: null, exited, lastLines: () => lines, stop: async () => {}, kill() {}, end };
}

/** An app that has reported its start and listens on these ports. */
const portsOf = (
  ownPorts: () => readonly number[],
  changes: Partial<StartPorts> = {},
): StartPorts => ({
  givenPort: 1,
  ownPorts,
  reported: async () => true,
  isOpen: () => false,
  decorated: async () => 0,
  ...changes,
});

const answering = (listener: RequestListener) => listen(createServer(listener));
const fine: RequestListener = (_, response) => response.end('fine');

it.each([
  [41_463, false],
  [41_464, false],
  [41_562, false],
  [41_563, true],
  [7861, true],
])('port %i where 41463 was given: the choice of the app is %s', (port, isOwn) => {
  expect(isOwnChoice(port, 41_463)).toBe(isOwn);
});

describe('waiting for the start', () => {
  it('ends with the first port that answers', async () => {
    const silent = await answering(() => {});
    const port = await answering(fine);
    const ports = portsOf(() => [1, port, silent]);
    expect(await waitForStart(appOf(), ports, MINUTE, NEVER)).toBe(port);
  });

  it('prefers the port that the app was given', async () => {
    const helper = await answering(fine);
    const port = await answering(fine);
    const ports = portsOf(() => [helper, port], { givenPort: port });
    expect(await waitForStart(appOf(), ports, MINUTE, NEVER)).toBe(port);
  });

  it('never asks a port that another process has taken, the given one included', async () => {
    let asked = 0;
    const foreign = await answering((_, response) => {
      asked += 1;
      response.end('mine');
    });
    const ports = portsOf(() => [], { givenPort: foreign });
    const soon = { ...MINUTE, startTimeoutSeconds: 0.5 };
    await expect(waitForStart(appOf(), ports, soon, NEVER)).rejects.toMatchObject({
      code: 'E_APP_SILENT',
    });
    expect(asked).toBe(0);
  });

  it('looks again for ports, since an app may choose its own late', async () => {
    const port = await answering(fine);
    let looks = 0;
    const ports = portsOf(() => (++looks > 2 ? [port] : []));
    expect(await waitForStart(appOf(), ports, MINUTE, NEVER)).toBe(port);
  });

  it('takes a refusal for an answer, but no failure', async () => {
    let status = 500;
    const port = await answering((_, response) => {
      response.writeHead(status).end();
      status = 401;
    });
    const ports = portsOf(() => [port]);
    expect(await waitForStart(appOf(), ports, MINUTE, NEVER)).toBe(port);
    expect(status).toBe(401);
  });

  it('continues until the start is reported', async () => {
    const port = await answering(fine);
    let looks = 0;
    const ports = portsOf(() => [port], { reported: async () => ++looks > 2 });
    expect(await waitForStart(appOf(), ports, MINUTE, NEVER)).toBe(port);
    expect(looks).toBe(3);
  });

  it('needs no report where the user allows it', async () => {
    const port = await answering(fine);
    const ports = portsOf(() => [port], { reported: async () => false });
    const options = { ...MINUTE, allowNoGpuFunction: true };
    expect(await waitForStart(appOf(), ports, options, NEVER)).toBe(port);
  });

  it('says what the app said last when it ends, and how to add a missing package', async () => {
    const crash = async (lines: readonly string[], exit: AppExit) => {
      const app = appOf(lines);
      app.end(exit);
      const start = waitForStart(
        app,
        portsOf(() => []),
        MINUTE,
        NEVER,
      );
      return start.catch((error: unknown) => error);
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
      fix: ['fix the error that the app printed above'],
    });
  });

  it('ends after its time, and not before, however long that is', async () => {
    const short = { ...MINUTE, startTimeoutSeconds: 0.2 };
    const silent = waitForStart(
      appOf(),
      portsOf(() => []),
      short,
      NEVER,
    );
    await expect(silent).rejects.toMatchObject({
      code: 'E_APP_SILENT',
      exitCode: 1,
      message: 'the app did not answer within 0.2 s',
    });
    const port = await answering(fine);
    let looks = 0;
    const later = portsOf(() => (++looks > 2 ? [port] : []));
    const years = { ...MINUTE, startTimeoutSeconds: 1e8 };
    expect(await waitForStart(appOf(), later, years, NEVER)).toBe(port);
  });

  it.each([
    [null, 'no function was decorated', 'decorate a function'],
    [0, 'no function was decorated', 'decorate a function'],
    [1, '1 function is decorated', 'spaces.zero.startup()'],
    [3, '3 functions are decorated', 'spaces.zero.startup()'],
  ])(
    'ends as the platform does without a report, %s functions being decorated',
    async (decorated, why, fix) => {
      const port = await answering(fine);
      const ports = portsOf(() => [port], {
        reported: async () => false,
        decorated: async () => decorated,
      });
      const short = { ...MINUTE, startTimeoutSeconds: 0.3 };
      await expect(waitForStart(appOf(), ports, short, NEVER)).rejects.toMatchObject({
        code: 'E_NO_GPU_FUNCTION',
        exitCode: 1,
        message: 'No @spaces.GPU function detected during startup',
        why: expect.stringContaining(why),
        fix: [expect.stringContaining(fix), expect.stringContaining('--allow-no-gpu-function')],
      });
    },
  );

  it('ends with a signal', async () => {
    const interruption = new AbortController();
    setTimeout(() => interruption.abort('SIGTERM'), 50);
    const ports = portsOf(() => []);
    const start = waitForStart(appOf(), ports, MINUTE, interruption.signal);
    await expect(start).rejects.toBe('SIGTERM');
  });
});

describe('the verdict on an app that answers and has not reported', () => {
  const signs = { port: 7860, isGivenPort: true, answeringMs: 0, reported: false };

  it('waits ten seconds on the port that the app was given', () => {
    expect(judgeStart({ ...signs, answeringMs: REPORT_WITHIN_MS - 1 })).toBe('wait');
    expect(judgeStart({ ...signs, answeringMs: REPORT_WITHIN_MS })).toBe('no-gpu-function');
  });

  it('waits longer on another one, which may be a helper’s of an app that still loads', () => {
    const helper = { ...signs, isGivenPort: false, answeringMs: 1e6 };
    expect(judgeStart(helper)).toBe('wait');
    expect(judgeStart({ ...helper, reported: true })).toBe('started');
  });
});
