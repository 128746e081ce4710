import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');

/** What a failed test has left running ends with its file. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** One object of `--log-format json`. */
export interface RunEvent {
  readonly t: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** How a process ended: with a code, or by a signal. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A `zerogpu run` of its own, with everything that it says. */
export interface StartedRun {
  readonly pid: number;
  readonly url: string;
  readonly events: readonly RunEvent[];
  /** Everything on stdout, line by line. */
  readonly stdout: readonly string[];
  readonly ended: Promise<Ended>;
  /** Waits for the first event that fits, those of before included. */
  waitFor(fits: (event: RunEvent) => boolean, withinMs?: number): Promise<RunEvent>;
  signal(name: NodeJS.Signals): void;
  /** Ctrl-C, and the wait for the end. */
  stop(): Promise<Ended>;
}

/** The fixture of that name, as an absolute path. */
export const fixture = (name: string) => join(ROOT, 'test/fixtures/spaces', name);

/** The interpreter with the packages of test/requirements.txt; `npm test` makes it. */
export const testPython = () => pythonIn('ZEROGPU_TEST_PYTHON');

/** The same of test/requirements-old.txt. */
export const oldPython = () => pythonIn('ZEROGPU_TEST_PYTHON_OLD');

function pythonIn(variable: string): string {
  const python = process.env[variable];
  if (python) return python;
  throw new Error(`${variable} is not set: run the tests with \`npm test\``);
}

/** Runs `zerogpu` and waits for its end: for what must not start. */
export async function runToEnd(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended & { readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/zerogpu.js'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  return { ...(await endOf(child, 'close')), stdout, stderr };
}

/**
 * Starts `zerogpu run` on a free port with a state folder of its own, and waits until it is ready.
 *
 * @param args further flags
 */
export async function startRun(
  dir: string,
  args: readonly string[] = [],
  python: string | null = testPython(),
  env: NodeJS.ProcessEnv = process.env,
): Promise<StartedRun> {
  const state = mkdtempSync(join(tmpdir(), 'zerogpu-test-'));
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'bin/zerogpu.js'),
      'run',
      dir,
      ...(python === null ? [] : ['--python', python]),
      ...['--port', '0', '--state-dir', state, '--log-format', 'json'],
      ...args,
    ],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const events: RunEvent[] = [];
  const stdout: string[] = [];
  const noise: string[] = [];
  const listeners = new Set<() => void>();
  let over = false;
  const ended = endOf(child, 'close').finally(() => {
    over = true;
    rmSync(state, { recursive: true, force: true });
    for (const listener of listeners) listener();
  });
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    const event = parseEvent(line);
    if (event) events.push(event);
    else noise.push(line);
    for (const listener of listeners) listener();
  });

  const waitFor = (fits: (event: RunEvent) => boolean, withinMs = 60_000) =>
    new Promise<RunEvent>((found, failed) => {
      const done = () => {
        listeners.delete(look);
        clearTimeout(timer);
      };
      const look = () => {
        const event = events.find(fits);
        if (event) {
          done();
          found(event);
        } else if (over) {
          done();
          failed(new Error(`zerogpu run ended:\n${transcript(events, noise)}`));
        }
      };
      const timer = setTimeout(() => {
        done();
        failed(new Error(`no such event in ${withinMs} ms:\n${transcript(events, noise)}`));
      }, withinMs);
      listeners.add(look);
      look();
    });

  const ready = await waitFor(({ event }) => event === 'ready', 600_000);
  return {
    pid: child.pid ?? 0,
    url: String(ready['url']),
    events,
    stdout,
    ended,
    waitFor,
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill('SIGINT');
      return ended;
    },
  };
}

/** The same app without ZeroGPU, on plain CPU tensors. */
export async function startPlain(
  dir: string,
  python: string = testPython(),
): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(python, ['app.py'], {
    cwd: dir,
    env: { ...process.env, GRADIO_SERVER_PORT: String(port), GRADIO_ANALYTICS_ENABLED: 'False' },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const ended = endOf(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`${dir} ended with code ${child.exitCode}`);
    const answer = await fetch(`${url}/config`).catch(() => null);
    if (answer?.ok) break;
    await sleep(100);
  }
  return {
    url,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A port without a listener. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

function endOf(child: ChildProcess, event: 'exit' | 'close'): Promise<Ended> {
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on(event, (code: number | null, signal: NodeJS.Signals | null) => done({ code, signal }));
  });
}

function parseEvent(line: string): RunEvent | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as RunEvent;
  } catch {
    return null;
  }
}

function transcript(events: readonly RunEvent[], noise: readonly string[]): string {
  return [...events.map((event) => JSON.stringify(event)), ...noise].slice(-60).join('\n');
}
