import type { Readable, Writable } from 'node:stream';

/** What a command gets from the process that it runs in; each picks what it needs, and tests pass their own. */
export interface World {
  /** The command line after `zerogpu`; left out where no process stands behind it. */
  readonly argv?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** False in a shell's background, where whoever takes the terminal is stopped; true when left out. */
  readonly inForeground?: () => boolean;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly interrupted: AbortSignal;
  /** Called at the second signal: what still runs is to end at once. */
  onForced(callback: () => void): void;
}
