import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What waits for a reader that does not keep up; more is dropped. */
const MOST_WAITING_BYTES = 1_000_000;
/** How often a reader is looked for that does not read, milliseconds. */
const RETRY_MS = 50;
/** What is left at the end gets so long, milliseconds. */
const LAST_MS = 500;

/** Lines on their way to a file or to whoever reads a pipe. Nothing here ever waits for that reader. */
export interface EventSink {
  /**
   * @returns false when it was dropped, since the reader does not keep up
   * @throws the system's error when a file can't be written
   */
  write(line: string): boolean;
  /** Writes what can still be written; returns how many lines that were taken were not. */
  close(): Promise<number>;
}

/** @throws the system's error when the file can't be written from the start */
export function openEventSink(file: string): EventSink {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let lost = 0;
  let pipe: number | null = null;
  /** Of the first line that waits, some is written already. */
  let isCut = false;
  let retry: NodeJS.Timeout | null = null;
  openNow()?.close();

  /** Null while a pipe has no reader. A file is opened for each line: it may be moved away meanwhile. */
  function openNow(): { readonly fd: number; readonly close: () => void } | null {
    if (pipe !== null) return { fd: pipe, close: () => {} };
    try {
      const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
      const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
      if (fstatSync(fd).isFile()) return { fd, close: () => closeSync(fd) };
      // Closed between two lines, a pipe would end for its reader.
      pipe = fd;
      return { fd, close: () => {} };
    } catch (error) {
      if (codeOf(error) === 'ENXIO' && statSync(file).isFIFO()) return null;
      throw error;
    }
  }
  function pump(): void {
    retry = null;
    const opened = openNow();
    try {
      while (opened && waiting[0]) {
        const written = writeSync(opened.fd, waiting[0]);
        waitingBytes -= written;
        isCut = written < waiting[0].length;
        if (isCut) waiting[0] = waiting[0].subarray(written);
        else waiting.shift();
      }
    } catch (error) {
      // A pipe that is full, or whose reader has left: another one may come.
      if (codeOf(error) === 'EPIPE') loseReader();
      else if (codeOf(error) !== 'EAGAIN') throw error;
    } finally {
      opened?.close();
    }
    if (waiting.length > 0) arm();
  }
  function arm(): void {
    retry ??= setTimeout(() => {
      try {
        pump();
      } catch {
        // The next line says so.
        retry = null;
      }
    }, RETRY_MS);
    retry.unref();
  }
  function loseReader(): void {
    if (pipe !== null) closeSync(pipe);
    pipe = null;
    if (!isCut) return;
    // Its first half went with the old reader; the next one gets whole lines.
    waitingBytes -= waiting.shift()?.length ?? 0;
    isCut = false;
    lost += 1;
  }
  return {
    write(line) {
      const bytes = Buffer.from(`${line}\n`);
      if (waitingBytes + bytes.length > MOST_WAITING_BYTES) return false;
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (retry === null) pump();
      return true;
    },
    async close() {
      const giveUp = AbortSignal.timeout(LAST_MS);
      try {
        while (waiting.length > 0 && !giveUp.aborted) {
          pump();
          if (waiting.length > 0) await sleep(RETRY_MS / 2);
        }
      } catch {
        // A full disk, which was reported before.
      }
      if (retry) clearTimeout(retry);
      if (pipe !== null) closeSync(pipe);
      pipe = null;
      return waiting.splice(0).length + lost;
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
