import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { BatchSink } from './ledger.js';
import { type Batch, createWriter, type WriteResult } from './writer.js';

/** Beside this code in the built package; missing where the sources run as they are. */
const THREAD = new URL('./ledger-writer.js', import.meta.url);

/** The writer of a ledger file, in a thread of its own where the package is built. */
export function createSink(path: string): BatchSink {
  return existsSync(fileURLToPath(THREAD)) ? threadSink(path) : directSink(path);
}

function threadSink(path: string): BatchSink {
  let thread: Worker | null = null;
  /** One batch is on its way at a time. */
  let answer: ((result: WriteResult) => void) | null = null;

  function start(): Worker {
    const worker = new Worker(THREAD, { workerData: { path }, name: 'ledger' });
    worker.on('message', (result: WriteResult) => {
      const done = answer;
      answer = null;
      // Idle, it keeps no process alive; with a batch to write it does.
      worker.unref();
      done?.(result);
    });
    worker.on('error', (error) => {
      thread = null;
      answer?.({ done: false, problem: 'other', message: error.message });
      answer = null;
    });
    return worker;
  }
  return {
    write: (batch) =>
      new Promise((resolve) => {
        thread ??= start();
        answer = resolve;
        thread.ref();
        thread.postMessage(batch);
      }),
    async close() {
      if (!thread) return;
      const ended = new Promise<void>((resolve) => thread?.once('exit', () => resolve()));
      thread.ref();
      thread.postMessage('close');
      await ended;
      thread = null;
    },
  };
}

function directSink(path: string): BatchSink {
  const writer = createWriter(path);
  return {
    write: async (batch: Batch) => writer.write(batch),
    close: async () => writer.close(),
  };
}
