import { wantsPlain } from '../shared/paint.js';

export interface ProgressWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderr: { write(text: string): boolean; readonly isTTY?: boolean };
  readonly interrupted: AbortSignal;
}

export interface Progress {
  report(replication: number, share: number): void;
  end(): void;
}

const WIDTH = 30;

/**
 * A bar on a terminal's stderr, and nothing elsewhere. Each report is also where an interruption is
 * seen: a simulation is one long computation.
 */
export function createProgress(
  { env, stderr, interrupted }: ProgressWorld,
  quiet: boolean,
): Progress {
  const isShown = !quiet && (stderr.isTTY ?? false) && !wantsPlain(env);
  let shown = '';
  return {
    report(replication, share) {
      interrupted.throwIfAborted();
      if (!isShown) return;
      const full = Math.round(share * WIDTH);
      const line = `  simulating ${'#'.repeat(full)}${'-'.repeat(WIDTH - full)} replication ${replication + 1}`;
      if (line === shown) return;
      shown = line;
      stderr.write(`\r${line}\u001b[K`);
    },
    end() {
      if (shown !== '') stderr.write('\r\u001b[K');
    },
  };
}
