import { spawn } from 'node:child_process';
import { accessSync, existsSync, constants as files, statSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { EXIT, UserError } from '../shared/errors.js';
import { findOnPath } from '../shared/find-program.js';
import { LIFELINE_FD, lifelineOf } from '../shared/lifeline.js';

/** Milliseconds that a command gets to end by itself after each signal, before it is killed. */
const GRACE_MS = 5_000;

/** The command after `--`, behind its supervisors: nothing that it starts outlives it. */
export interface CommandProcess {
  /** Its code, 128 + n when signal n ended it; never rejects once it runs. */
  readonly ended: Promise<number>;
  /** Ends it with that signal, by force after a grace; resolves with its code. */
  stop(signal: NodeJS.Signals): Promise<number>;
  /** Ends it and all it has started at once. */
  kill(): void;
}

export interface CommandParts {
  readonly command: readonly [file: string, ...args: readonly string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Interpreter and supervise.py that run it. */
  readonly python: string;
  readonly supervisor: string;
  /** What the run's processes are found by (runMark). */
  readonly mark: bigint;
  /** Whether we have the terminal: the command shares it then, and gets Ctrl-C from it. */
  readonly inForeground: boolean;
}

/** @throws UserError E_COMMAND_NOT_FOUND before anything is started */
export function assertCommandExists(
  [file]: CommandParts['command'],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const path = file.includes('/') ? resolve(cwd, file) : findOnPath(file, env);
  const why = path === null ? 'There is no such program.' : whyNotExecutable(path);
  if (why === null) return;
  throw new UserError('E_COMMAND_NOT_FOUND', `could not start ${file}`, {
    why,
    fix: 'zerogpu run DIR -- COMMAND   (a program on PATH, or its path)',
    exitCode: EXIT.cannot,
  });
}

function whyNotExecutable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return `${path} is not a file.`;
  } catch {
    return 'There is no such program.';
  }
  try {
    accessSync(path, files.X_OK);
    return null;
  } catch {
    return `${path} is not executable.`;
  }
}

/**
 * The environment of a command: programs of the Space's virtual environment come before all others on PATH. The
 * folder of a system's Python holds much else, and stays where it is.
 */
export function withPythonFirst(
  env: CommandParts['env'],
  python: string,
): Readonly<Record<string, string | undefined>> {
  const bin = dirname(python);
  if (!existsSync(join(bin, '..', 'pyvenv.cfg'))) return env;
  return { ...env, PATH: [bin, env['PATH']].filter(Boolean).join(delimiter) };
}

/** Starts the command with our own streams. */
export function startCommand(parts: CommandParts): CommandProcess {
  const flags = ['--lifeline-fd', String(LIFELINE_FD), '--mark', String(parts.mark), '--command'];
  const child = spawn(
    parts.python,
    [
      ...['-I', '-S', parts.supervisor, ...flags],
      ...(parts.inForeground ? ['--foreground'] : []),
      ...['--', ...parts.command],
    ],
    {
      cwd: parts.cwd,
      env: parts.env,
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      // In the foreground it stays in our group, which is the one that has the terminal.
      detached: !parts.inForeground,
    },
  );
  const lifeline = lifelineOf(child);
  let code: number | null = null;
  const ended = new Promise<number>((done) => {
    child.once('error', () => done(EXIT.failed));
    child.once('exit', (exitCode, signal) => {
      done(exitCode ?? (signal ? 128 + constants.signals[signal] : EXIT.failed));
    });
  });
  void ended.then((value) => {
    code = value;
  });
  return {
    ended,
    async stop(signal) {
      if (code !== null) return code;
      // The terminal has sent Ctrl-C to the command as well, and a second one would cut its own end short.
      const hasIt = parts.inForeground && signal === 'SIGINT';
      if (!hasIt) lifeline.signal(signal);
      const steps = hasIt ? [() => lifeline.signal('SIGTERM'), lifeline.cut] : [lifeline.cut];
      const timers = steps.map((step, index) => setTimeout(step, GRACE_MS * (index + 1)));
      const last = await ended;
      for (const timer of timers) clearTimeout(timer);
      return last;
    },
    kill: lifeline.cut,
  };
}
