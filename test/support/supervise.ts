import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';

export const SUPERVISOR = resolve(import.meta.dirname, '../../src/run/python/supervise.py');

/** Any Python 3.10 or newer: the interpreter itself, since the shims of pyenv are slow. */
export const PYTHON = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'])
  .toString()
  .trim();

/** A supervisor with the app that a test gave it. */
export interface Supervised {
  readonly child: ChildProcess;
  readonly cwd: string;
  readonly lifeline: Writable;
  /** The mark that every process of the app carries in its environment. */
  readonly mark: string;
  /** All that came on stdout and stderr so far. */
  readonly text: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

let runs = 0;

/** A folder of this test. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'zerogpu-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/**
 * The time of new files, milliseconds since 1970. Under a faked clock (.ci/run) it is another one than that of
 * this process: what counts the age of a file by `Date.now()` is given this instead.
 */
export function fileClockMs(): number {
  const file = join(temporaryFolder(), 'now');
  writeFileSync(file, '');
  return statSync(file).mtimeMs;
}

/**
 * Runs `source` as the app of a supervisor, whose lifeline this process holds.
 *
 * @param flags of the supervisor
 */
export function superviseApp(
  source: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Supervised {
  const dir = temporaryFolder();
  const file = join(dir, 'app.py');
  writeFileSync(file, source);
  return supervise([...flags, '--', file, ...args], dir);
}

/** Runs the supervisor with arguments after `--lifeline-fd 3`. */
export function supervise(args: readonly string[], cwd = process.cwd()): Supervised {
  runs += 1;
  const mark = `ZEROGPU_TEST_MARK=${process.pid}-${runs}`;
  const [name = '', value = ''] = mark.split('=');
  const child = spawn(PYTHON, [SUPERVISOR, '--lifeline-fd', '3', ...args], {
    cwd,
    env: { ...process.env, PYTHONUNBUFFERED: '1', [name]: value },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (part) => {
      text += part;
    });
  }
  const lifeline = child.stdio[3] as Writable;
  lifeline.on('error', () => {});
  const ended = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.on('close', (code, signal) => done({ code, signal }));
  });
  onTestFinished(() => killMarked(mark));
  return { child, cwd, lifeline, mark, text: () => text, ended };
}

/** Living processes that carry the mark, the supervisor itself included. */
export function markedPids(mark: string): readonly number[] {
  const entry = Buffer.from(`${mark}\0`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isMarked = readFileSync(`/proc/${pid}/environ`).includes(entry);
        return isMarked && !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      } catch {
        return false;
      }
    });
}

function killMarked(mark: string): void {
  for (const pid of markedPids(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone meanwhile.
    }
  }
}
