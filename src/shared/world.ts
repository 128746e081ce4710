import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything that a command may touch of its process: each picks what it needs, and tests pass their own. */
export interface World {
  /** The command line after `zerogpu`; left out where no process stands behind it. */
  readonly argv?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** False in a shell's background, where whoever takes the terminal is stopped; true when left out. */
  readonly inForeground?: () => boolean;
  /** For results. */
  readonly stdout: OutputStream;
  /** For talk: progress, warnings, errors. */
  readonly stderr: OutputStream;
  /** Aborted by the first SIGINT, SIGTERM, SIGHUP or SIGQUIT; the reason is the signal's name. */
  readonly interrupted: AbortSignal;
  /** Called at the second signal: what still runs is to end at once. */
  onForced(callback: () => void): void;
}
