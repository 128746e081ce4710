import type { Writable } from 'node:stream';

/** What the commands of a run's life cycle may touch of their process. */
export interface LifecycleWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
  readonly interrupted: AbortSignal;
}
