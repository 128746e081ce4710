import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testPython } from './space.js';

/** What a call brought, as the visitor's client saw it. */
export interface Answer {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly error?: string;
  readonly title?: string | null;
  readonly type?: string;
  /** From the request to the answer, as the client saw it. */
  readonly seconds: number;
}

export interface CallOptions {
  /** Who calls: `free`, `pro:lin`; anonymous without one. */
  readonly token?: string;
  /** Every answer of a generator, as a list. */
  readonly stream?: boolean;
}

/** People with the gradio_client of PyPI, in one process; their calls run at the same time. */
export interface Visitors {
  call(
    url: string,
    endpoint: string,
    args: readonly unknown[],
    options?: CallOptions,
  ): Promise<Answer>;
  close(): void;
}

/** Starts the client process. */
export function startVisitors(python: string = testPython()): Visitors {
  const child = spawn(python, [join(import.meta.dirname, 'client.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, ...answer } = JSON.parse(line) as Answer & { id: number };
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return {
    call(url, endpoint, args, { token, stream = false } = {}) {
      last += 1;
      const id = last;
      const request = { id, url, token: token ?? null, endpoint, args, stream };
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        child.stdin.write(`${JSON.stringify(request)}\n`);
      });
    },
    close: () => void child.kill('SIGKILL'),
  };
}
