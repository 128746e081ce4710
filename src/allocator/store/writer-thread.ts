/** The thread around the writer: one batch at a time, one answer each. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, createWriter } from './writer.js';

const writer = createWriter((workerData as { path: string }).path);

parentPort?.on('message', (message: Batch | 'close') => {
  if (message !== 'close') {
    parentPort?.postMessage(writer.write(message));
    return;
  }
  writer.close();
  parentPort?.close();
});
