import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { basename, dirname } from 'node:path';
import * as z from 'zod';

/** What the app tells of a decorated function. */
export interface TaskInfo {
  /** Qualified name, e.g. `Painter.draw`. */
  readonly name: string;
  readonly module: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

const answerSchema = z
  .object({
    name: z.string(),
    module: z.string().nullable(),
    file: z.string().nullable(),
    line: z.int().nullable(),
  })
  .nullable();

const LONGEST_ANSWER_BYTES = 16_384;

/**
 * Asks the app's main process which function a task id is (zerogpu_tasks.py answers).
 *
 * @param socketPath of any length
 * @param taskId digits, as the wire carries them
 * @returns null when there is no such function, no app, or no answer in time
 */
export async function askTaskName(
  socketPath: string,
  taskId: string,
  timeoutMs: number,
): Promise<TaskInfo | null> {
  if (!/^\d+$/.test(taskId)) return null;
  try {
    // The kernel takes socket paths of 107 bytes; through the folder's descriptor any will do.
    const folder = await open(dirname(socketPath), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const path = `/proc/self/fd/${folder.fd}/${basename(socketPath)}`;
      const answer = await exchange(path, `{"taskId": ${taskId}}\n`, timeoutMs);
      return answerSchema.parse(JSON.parse(answer));
    } finally {
      await folder.close();
    }
  } catch {
    // A name is a comfort: without one the call is shown by its number.
    return null;
  }
}

/** Sends one line and returns the line that comes back; rejects when none comes in time. */
function exchange(path: string, line: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs);
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(line));
    socket.on('data', (part: string) => {
      answer += part;
      if (answer.length > LONGEST_ANSWER_BYTES) socket.destroy(new Error('answer too long'));
      else if (answer.includes('\n')) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}
