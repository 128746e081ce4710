import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { GPU_SIZES, type GpuSize } from '../../platform/tiers.js';

/** What the app reports about a decorated function. */
export interface TaskInfo {
  /** Qualified name, e.g. `Painter.draw`. */
  readonly name: string;
  readonly module: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

const infoSchema = z.object({
  name: z.string(),
  module: z.string().nullable(),
  file: z.string().nullable(),
  line: z.int().nullable(),
});
const allSchema = z.record(z.string().regex(/^\d+$/), infoSchema);

const lineSchema = infoSchema.extend({ taskId: z.string().regex(/^\d+$/) });

/** The list of functions, beside the socket. */
const LIST = 'tasks.jsonl';

/** Some thousand functions. */
const LONGEST_ANSWER_BYTES = 1_048_576;

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
    const answer = await ask(socketPath, `{"taskId": ${taskId}}\n`, timeoutMs);
    return infoSchema.nullable().parse(JSON.parse(answer));
  } catch {
    // A name is a comfort: without one the call is shown by its number.
    return null;
  }
}

/**
 * Reads which functions the app has decorated by now. It writes each one down in the moment it is decorated, so a busy
 * interpreter delays no name.
 *
 * @returns by task id, without lines of another form; empty when there is no list
 */
export async function readTaskNames(socketPath: string): Promise<ReadonlyMap<string, TaskInfo>> {
  const names = new Map<string, TaskInfo>();
  try {
    const file = await open(
      join(dirname(socketPath), LIST),
      constants.O_RDONLY | constants.O_NOFOLLOW,
    );
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_ANSWER_BYTES * 2));
      for (const line of buffer.toString('utf8', 0, bytesRead).split('\n')) {
        const parsed = parseLine(line);
        if (parsed) names.set(parsed.taskId, parsed);
      }
    } finally {
      await file.close();
    }
  } catch {
    // Releases of `spaces` without a register keep no list: names are asked for on the socket.
  }
  return names;
}

function parseLine(line: string) {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/**
 * Asks the app's main process for every function that is decorated by now, by task id.
 *
 * @returns null when no app answers in time: one that has not imported `spaces` has no such socket
 */
export async function askAllTaskNames(
  socketPath: string,
  timeoutMs: number,
): Promise<ReadonlyMap<string, TaskInfo> | null> {
  try {
    const answer = await ask(socketPath, '{"ask": "tasks"}\n', timeoutMs);
    return new Map(Object.entries(allSchema.parse(JSON.parse(answer))));
  } catch {
    return null;
  }
}

/**
 * Asks the app's main process which size its `spaces` package gives to functions that name none.
 *
 * @returns null when it has made none the default, in releases without sizes, and without an answer in time
 */
export async function askDefaultSize(
  socketPath: string,
  timeoutMs: number,
): Promise<GpuSize | null> {
  try {
    const answer = await ask(socketPath, '{"ask": "defaultSize"}\n', timeoutMs);
    return z.enum(GPU_SIZES).nullable().parse(JSON.parse(answer));
  } catch {
    return null;
  }
}

/**
 * Asks the app's main process how many bytes of tensors it has on `cuda`, packed or to be packed.
 *
 * @returns null when it can't say, in old releases, and without an answer in time
 */
export async function askPackedBytes(
  socketPath: string,
  timeoutMs: number,
): Promise<number | null> {
  try {
    const answer = await ask(socketPath, '{"ask": "packedBytes"}\n', timeoutMs);
    return z.int().nonnegative().nullable().parse(JSON.parse(answer));
  } catch {
    return null;
  }
}

async function ask(socketPath: string, line: string, timeoutMs: number): Promise<string> {
  // The kernel takes socket paths of 107 bytes; through the folder's descriptor any will do.
  const folder = await open(dirname(socketPath), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await exchange(`/proc/self/fd/${folder.fd}/${basename(socketPath)}`, line, timeoutMs);
  } finally {
    await folder.close();
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
