/**
 * One writer per ledger. The lock is an abstract socket named after the folder's device and inode:
 * the kernel frees it the moment its owner is gone, whatever way that went, and nothing stays behind
 * that could block the next one. (Linux; abstract sockets are not seen across network namespaces.)
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as z from 'zod';

export interface StateLock {
  release(): Promise<void>;
}

const ownerSchema = z.object({ pid: z.int().positive() });

/**
 * Takes the lock of a ledger's folder.
 *
 * @returns the pid of the owner when somebody has it already (null when they have not said it)
 */
export async function takeLock(
  dir: string,
): Promise<{ readonly lock: StateLock } | { readonly ownerPid: number | null }> {
  const { dev, ino } = statSync(dir);
  const server = createServer((socket) => socket.destroy());
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(`\0zerogpu-ledger-${dev}-${ino}`, () => resolve(true));
  });
  if (!taken) return { ownerPid: readOwner(dir) };
  server.unref();
  // For the words of the next one's error alone: the socket is the lock.
  try {
    const text = `${JSON.stringify({ pid: process.pid })}\n`;
    writeFileSync(join(dir, 'owner.json'), text, { mode: 0o600 });
  } catch {
    // A full or read-only disk: the ledger itself has the better words for it.
  }
  return {
    lock: { release: () => new Promise((resolve) => server.close(() => resolve())) },
  };
}

function readOwner(dir: string): number | null {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(join(dir, 'owner.json'), 'utf8'))).pid;
  } catch {
    return null;
  }
}
