/**
 * A connection to an allocator on behalf of a Space's app. On this one connection the allocator proves that it
 * knows the secret, and reads (signed) whose requests follow; what the app sends comes after that. The socket
 * that has carried the proof is then joined to the app's.
 */
import type { Socket } from 'node:net';
import { challenge } from './greeting.js';
import { peerOf } from './http.js';
import { CONTROL, pathOf } from './protocol.js';
import { signedFor } from './secret.js';

/** An answer to the two requests is a tenth of this. */
const MOST_ANSWER_BYTES = 8_192;

/** Whose requests a connection carries. */
export interface RelayedSpace {
  /** Id of the Space. */
  readonly space: string;
  /** First part of every path, without slashes: requests that do not know it are not the app's. */
  readonly key: string;
}

/**
 * @param socket connecting or connected to the allocator, and not read from yet
 * @throws Error when the connection fails, or its other end does not know the secret
 */
export async function announceRelay(
  socket: Socket,
  secret: string,
  { space, key }: RelayedSpace,
): Promise<void> {
  const { path, instanceIn } = challenge(secret);
  const hello = await exchange(socket, `GET ${path} HTTP/1.1`, []);
  const instance = instanceIn(hello.status, hello.text, peerOf(socket));
  const relay = pathOf(CONTROL.relay, { id: space, key });
  const { status } = await exchange(socket, `POST ${relay} HTTP/1.1`, [
    `authorization: ${signedFor(secret, instance)}`,
    'content-length: 0',
  ]);
  if (status !== 204) throw new Error(`it answered ${status}`);
}

/** Sends a request and reads its answer; whatever else comes before the next one is an error. */
function exchange(
  socket: Socket,
  line: string,
  headers: readonly string[],
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const finishOnce = (act: () => void) => {
      socket.pause();
      socket.off('data', read).off('error', reject).off('close', closed).off('end', closed);
      act();
    };
    const read = (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      const answer = bytes.length > MOST_ANSWER_BYTES ? 'too much' : wholeAnswer(bytes);
      if (answer === 'too much') {
        finishOnce(() => reject(new Error('another program answers there: it says too much')));
      } else if (answer !== null) finishOnce(() => resolve(answer));
    };
    const closed = () => finishOnce(() => reject(new Error('it closed the connection')));
    socket.on('data', read).on('error', reject).on('close', closed).on('end', closed).resume();
    socket.write(`${[line, 'host: 127.0.0.1', ...headers].join('\r\n')}\r\n\r\n`);
  });
}

/** Null while it is not whole. */
function wholeAnswer(
  bytes: Buffer,
): { readonly status: number; readonly text: string } | 'too much' | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  const length = Number(/^content-length: *(\d+)\s*$/im.exec(head)?.[1] ?? 0);
  const body = bytes.subarray(end + 4);
  if (body.length > length) return 'too much';
  if (body.length < length) return null;
  return { status, text: body.toString('utf8', 0, length) };
}
