import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { processesOfRun } from '../../../src/shared/process-marks.js';
import { processesOf } from '../e2e/run-processes.js';
import type { Ended } from '../e2e/space.js';
import { testPython } from '../e2e/space.js';

const BIN = resolve(import.meta.dirname, '../../../bin/zerogpu.js');

/** What the app does before it listens; see bare_app.py. */
export type Behaviour =
  | 'brief'
  | 'slow'
  | 'hold'
  | 'wait'
  | 'deaf'
  | 'family'
  | 'lines'
  | 'line'
  | 'mute';

/** A run of the smallest app there is, ready or not. */
export interface BareRun {
  readonly child: ChildProcess;
  readonly stateDir: string;
  readonly ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  /** Whether an app that floods has said that it is done. */
  flooded(): boolean;
  /** Processes of the app, by the mark that the run has put into their environment. */
  processes(): readonly number[];
  /** Every process that carries the mark of this run, whatever its environment and its parents. */
  marked(): readonly number[];
}

const folders: string[] = [];
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/**
 * Starts `zerogpu run` of an app that behaves so.
 *
 * @param stateDir one of its own by default
 */
export function startBare(
  behaviour: readonly Behaviour[],
  args: readonly string[] = [],
  stateDir: string | null = null,
): BareRun {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-fault-'));
  folders.push(folder);
  const space = join(folder, 'bare');
  mkdirSync(space);
  copyFileSync(join(import.meta.dirname, 'bare_app.py'), join(space, 'app.py'));
  writeFileSync(join(space, 'mode'), behaviour.join(' '));
  const state = stateDir ?? join(folder, 'state');
  const argv = ['run', space, '--python', testPython(), '--port', '0', '--state-dir', state];
  const child = spawn(process.execPath, [BIN, ...argv, ...args], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let isOver = false;
  let runId: string | null = null;
  /** Kept once known: the folder of the run goes with it. */
  const ownRunId = () => {
    runId ??= runIdOf(join(state, 'runs'), child.pid);
    return runId;
  };
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (part) => {
      // What floods is not kept.
      if (said[name].length < 1_000_000) said[name] += part;
      isOver ||= String(part).includes('flood is over');
    });
  }
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code, signal) => {
      children.delete(child);
      done({ code, signal });
    });
  });
  return {
    child,
    stateDir: state,
    ended,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    flooded: () => isOver,
    processes: () => processesOf(join(state, 'runs')),
    marked() {
      const id = ownRunId();
      return id === null ? [] : processesOfRun(id).map(({ pid }) => pid);
    },
  };
}

function runIdOf(runs: string, pid: number | undefined): string | null {
  for (const name of existsSync(runs) ? readdirSync(runs) : []) {
    try {
      const owner = JSON.parse(readFileSync(join(runs, name, 'owner.json'), 'utf8'));
      if (owner.pid === pid) return owner.runId;
    } catch {
      // Being made, or being removed.
    }
  }
  return null;
}
