/** `run --debug`: a client of the debugger stops in the app and in the workers that `spaces` forks. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEditor } from '../support/e2e/dap-client.js';
import { fixture, freePort, type StartedRun, startRun, testPython } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';
import { temporaryFolder } from '../support/supervise.js';
import { noTerminal, openTerminal } from '../support/tui/terminal.js';

const app = join(fixture('debugged'), 'app.py');
/** Of `answer = …` and `more = …`. */
const [ON_GPU, IN_APP] = [10, 22];

describe('run --debug', () => {
  let run: StartedRun;
  let visitors: Visitors;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    run = await startRun(fixture('debugged'), ['--fresh', `--debug=${port}`]);
    visitors = startVisitors();
  });
  afterAll(async () => {
    visitors?.close();
    await run?.stop();
  });

  it('goes on at breakpoint() without a client and without a terminal, and says so', async () => {
    expect((await visitors.call(run.url, '/pauses', [9])).value).toBe(3);
    await run.waitFor(({ message }) => /app.py:17 \(pauses\) does nothing/.test(`${message}`));
  });

  it('stops in a worker beyond its duration, and charges without the stop', async () => {
    const editor = await openEditor(port, { [app]: [ON_GPU, IN_APP] });
    const answer = visitors.call(run.url, '/double', [21], { token: 'free:ada' });
    const { session: worker, threadId } = await editor.stop();
    const { stackFrames } = await worker.request('stackTrace', { threadId });
    const [top] = stackFrames as { id: number; name: string; line: number }[];
    expect(top).toMatchObject({ name: 'double', line: ON_GPU });
    const local = { expression: 'number * factor', frameId: top?.id };
    expect(await worker.request('evaluate', local)).toMatchObject({ result: '42' });
    await run.waitFor(({ message }) =>
      /worker \d+ is stopped at app.py:10 \(double\); deadline and charge/.test(`${message}`),
    );
    // Past its three seconds and what the platform grants besides.
    await sleep(4_000);
    await worker.request('continue', { threadId });
    expect((await answer).value).toBe(42);

    const ended = await run.waitFor(
      ({ event, function: name }) => event === 'ended' && name === 'double',
    );
    expect(ended).toMatchObject({ end: 'released' });
    expect(ended['usedSeconds']).toBeLessThan(3);
    expect(ended['chargedSeconds']).toBeLessThan(3);
    await run.waitFor(({ message }) => /goes on; 4\.\d+s of stop do not count/.test(`${message}`));

    // The app itself, in the first session.
    const plain = visitors.call(run.url, '/plain', [1]);
    const inApp = await editor.stop();
    await run.waitFor(({ message }) =>
      /the app is stopped at app.py:22 \(plain\)/.test(`${message}`),
    );
    await inApp.session.request('continue', { threadId: inApp.threadId });
    expect((await plain).value).toBe(2);

    // breakpoint() is the client's, while there is one.
    const asked = visitors.call(run.url, '/pauses', [9], { token: 'free:ada' });
    const here = await editor.stop();
    await here.session.request('continue', { threadId: here.threadId });
    expect((await asked).value).toBe(3);

    // When the client has left, everything runs on.
    editor.close();
    expect((await visitors.call(run.url, '/double', [2], { token: 'free:ada' })).value).toBe(4);
  });
});

describe.skipIf(noTerminal !== null)(`breakpoint()${noTerminal ? ` (${noTerminal})` : ''}`, () => {
  const visitors = startVisitors();
  afterAll(() => visitors.close());

  it('is pdb in the terminal of the run, and the deadline waits', async () => {
    const state = temporaryFolder();
    const terminal = openTerminal({
      ...{ columns: 140, rows: 40 },
      env: { ZEROGPU_REDUCED_MOTION: '1' },
    });
    try {
      const flags = `--python ${testPython()} --state-dir ${state} --port 0 --fresh --debug`;
      terminal.keys(
        `node bin/zerogpu.js run ${fixture('debugged')} ${flags}; echo "code $?"`,
        'Enter',
      );
      await expect
        .poll(() => terminal.screen(), { timeout: 100_000 })
        .toMatch(/ready in[\s\S]*x exit/);
      const url = /Open +(http:\/\/127[\d.]+:\d+)/.exec(terminal.screen())?.[1] ?? '';
      const answer = visitors.call(url, '/pauses', [9]);
      await terminal.until(/return round\(third\)[\s\S]*\(Pdb\)/);
      await sleep(3_500);
      terminal.keys('p third * 7', 'Enter');
      await terminal.until(/^21\.0$/m);
      terminal.keys('third = 5', 'Enter', 'c', 'Enter');
      expect((await answer).value).toBe(5);
      await terminal.until(/worker \d+ is stopped at app.py:17 \(pauses\)/);
      await terminal.until(/goes on; \d+\.\d+s of stop do not count/);
      // The keyboard is the run's again.
      terminal.keys('x');
      await terminal.until(/code 0/);
    } finally {
      terminal.close();
    }
  });
});
