/** A run that continues without its terminal: found, called, read and stopped from other commands. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseLoadOptions } from '../../src/load/options.js';
import { workloadOf } from '../../src/load/plan.js';
import type { LoadReport } from '../../src/load/report.js';
import { measure } from '../../src/simulate/measure.js';
import { planSimulation } from '../../src/simulate/plan.js';
import { type Collector, startCollector } from '../support/collector.js';
import { processesOf } from '../support/e2e/run-processes.js';
import { fixture, runToEnd, testPython } from '../support/e2e/space.js';

const space = fixture('everything');
const TOKEN = `hf_${'x9Y8'.repeat(8)}`;
let state: string;
let collector: Collector;
const zerogpu = (...args: readonly string[]) =>
  runToEnd(args, { ...process.env, ZEROGPU_STATE_DIR: state, HF_TOKEN: TOKEN });
const call = (...args: readonly string[]) => zerogpu('call', ...args, '--space', space);

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'zerogpu-life-'));
  collector = await startCollector();
  const started = await zerogpu(
    ...['run', space, '--detach', '--python', testPython(), '--port', '0'],
    ...['--otlp', collector.url],
  );
  expect(started).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ready http:\S+\n$/) });
  expect(started.stderr).toContain('ready in');
});
afterAll(async () => {
  await zerogpu('stop', '--all');
  collector.close();
  rmSync(state, { recursive: true, force: true });
});

describe('a detached run', () => {
  it('is found by folder, and a second one of its folder is refused', async () => {
    const [status, waited, again] = await Promise.all([
      zerogpu('status', space, '--json'),
      zerogpu('wait', space),
      zerogpu('run', space, '--detach', '--python', testPython()),
    ]);
    const [run] = (JSON.parse(status.stdout) as { runs: { state: string; url: string }[] }).runs;
    expect(run?.state).toBe('ready');
    expect(waited).toMatchObject({ code: 0, stdout: `ready ${run?.url}\n` });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('E_RUN_SEVERAL') });
  });

  it('is called as a visitor: result, charge, wait and peak', async () => {
    const { code, stdout, stderr } = await call(
      'dynamic',
      'text=ab',
      'repeat=2',
      '--as',
      'pro:ada',
    );
    expect(code).toBe(0);
    expect(stdout).toBe('abab 390\n');
    expect(stderr).toMatch(
      /#1 dynamic: charged [\d.]+s to pro:ada, [\d.]+s used of 9s, waited [\d.]+s, peak [\d.]+ kB, 24m/,
    );
  });

  it('sends a trace of the call, with its phases and without its visitor', async () => {
    await vi.waitFor(
      () => {
        const run = collector.spans().find(({ name }) => name === 'run');
        const trace = collector.spans().filter(({ traceId }) => traceId === run?.traceId);
        const names = trace.map(({ name }) => name);
        expect(names).toEqual(
          expect.arrayContaining([
            'gateway',
            'zerogpu.call',
            'schedule',
            'allow',
            'run',
            'release',
          ]),
        );
        const [gateway, call] = ['gateway', 'zerogpu.call'].map((name) =>
          trace.find((span) => span.name === name),
        );
        expect(call?.parentSpanId).toBe(gateway?.spanId);
      },
      { timeout: 20_000, interval: 100 },
    );
    const sent = collector.received.map(({ text }) => text).join();
    expect(sent).not.toMatch(/pro:ada|\/zerogpu\//);
    expect(sent).not.toContain(TOKEN);
  });

  it('streams, sends files, and ends with one object for scripts', async () => {
    const file = join(state, 'note.txt');
    writeFileSync(file, 'hello');
    const [stream, document] = await Promise.all([
      call('stream', 'count=2', '--json'),
      call('document', '--file', `path=${file}`, '--as', 'free:bob'),
    ]);
    const events = stream.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    // The two calls share one slice: the one that waits has notices as well.
    const outputs = events.filter(({ event }) => event === 'outputs');
    expect(outputs.slice(0, 2)).toMatchObject([
      { event: 'outputs', outputs: [{ step: 0 }] },
      { event: 'outputs', outputs: [{ step: 1 }] },
    ]);
    expect(events.at(-1)).toMatchObject({
      ...{ event: 'result', outcome: 'done', outputs: [{ step: 1 }] },
      calls: [{ function: 'stream', end: 'released' }],
    });
    expect(document.stdout).toMatch(/^http:\S+\.json\n$/);
  });

  it('says a refusal in the words that the visitor reads, and what was killed failed', async () => {
    const refused = await call('hold', 'declared=500', 'seconds=0', '--as', 'free:eve');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toMatch(
      /E_CALL_REFUSED\n {2}ZeroGPU illegal duration: The requested GPU/,
    );
    const killed = await call('overrun', 'seconds=30', '--as', 'pro:ada');
    expect(killed.code).toBe(1);
    expect(killed.stderr).toMatch(/E_CALL_FAILED\n {2}ZeroGPU worker error: GPU task aborted/);
    expect(await call('plan', '--as', 'pro')).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('zerogpu call plain') },
    });
  });

  it('under a load has the refusals and the waits that the simulator predicts', async () => {
    const flags = { visitors: '4', tiers: 'pro=1,anonymous=1', rate: '3/s', for: '3s', seed: '3' };
    const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const { code, stdout, stderr } = await zerogpu(
      ...['load', space, '--function', 'hold', ...words, '--json', 'declared=130', 'seconds=0.1'],
    );
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as LoadReport;
    const options = parseLoadOptions({ ...flags, function: 'hold' });
    const host = { platform: 'h200', gpus: 1, slices: 1, space: 'everything' };
    const workload = workloadOf(options, host, report.usedSeconds / report.all.granted);
    const [hold] = Object.values(workload.spaces).map(({ functions }) => functions['hold']);
    if (hold) hold.declared = 130;
    const simulated = measure(planSimulation(workload), options.seed, 0);
    for (const tier of ['pro', 'anonymous']) {
      // The simulation ends with its last call; the load waits for the answer.
      const { calls, refused } = simulated.tiers[tier] ?? report.all;
      expect(report.tiers[tier]).toMatchObject({ calls, refused });
    }
    expect(report.tiers['anonymous']?.refused['illegal-duration']).toBeGreaterThan(0);
    // Gradio's own time comes on top, and this machine may be busy.
    const [met, predicted] = [report.all.waits.mean, simulated.all.waits.mean];
    expect(met).toBeGreaterThan(predicted - 1);
    expect(met).toBeLessThan(predicted + 4);
    expect(report).toMatchObject({ isPartial: false, unanswered: 0, failures: [] });
  });

  it('leaves a log without tokens and, once stopped, no process', async () => {
    const stopped = await zerogpu('stop', space);
    expect(stopped).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^stopped local\/everything/),
    });
    const logs = await zerogpu('logs', space, '-n', 'all');
    expect(logs.stdout).toMatch(/ready in[\s\S]*dynamic +pro:ada[\s\S]*Stopping/);
    expect(logs.stdout).not.toContain(TOKEN);
    expect(processesOf(join(state, 'runs'))).toEqual([]);
    expect(readdirSync(join(state, 'live'))).toEqual([]);
    expect(await zerogpu('status', space)).toMatchObject({ code: 3, stdout: '' });
  });

  it('that does not come up says why, with the exit code of the run', async () => {
    const dir = fixture('crashes-at-import');
    const { code, stderr } = await zerogpu(
      'run',
      dir,
      '-d',
      '--python',
      testPython(),
      '--port',
      '0',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('E_APP_CRASHED');
    expect(readdirSync(join(state, 'live'))).toEqual([]);
  });
});
