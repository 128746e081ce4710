/**
 * Requests to an allocator, on `node:http`. Not `fetch`: once garbage was collected, neither an abort
 * nor a time-out reaches its connection any more (nodejs/undici issue 3644), and that connection then
 * keeps the whole process.
 */
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer that has begun to come. */
export interface OpenRequest {
  /** Resolves with the answer's head; rejects when the server does not answer, or when it was ended. */
  readonly answered: Promise<IncomingMessage>;
  /** Ends the connection, whatever it is at. */
  end(why: Error): void;
}

/** Sends a request without a body, on a connection of its own. */
export function open(url: URL, { method, headers }: HttpRequest): OpenRequest {
  const sent = request(url, { method, headers: { ...headers }, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    // Stays: the answer reports a connection that breaks later as well.
    sent.on('error', reject);
  });
  sent.end();
  return { answered, end: (why) => void sent.destroy(why) };
}

/**
 * Sends a request and reads the whole answer.
 *
 * @param withinMs for all of it, the last byte included
 * @returns the status, the body as text, and whose socket has answered
 */
export async function ask(
  url: URL,
  what: HttpRequest,
  withinMs: number,
): Promise<{ readonly status: number; readonly text: string; readonly peer: string }> {
  const asked = open(url, what);
  let late: Error | null = null;
  const timer = setTimeout(() => {
    late = new Error(`no answer in ${withinMs} ms`);
    asked.end(late);
  }, withinMs);
  try {
    const answer = await asked.answered;
    const peer = peerOf(answer.socket);
    answer.setEncoding('utf8');
    let text = '';
    for await (const part of answer) text += part;
    return { status: answer.statusCode ?? 0, text, peer };
  } catch (error) {
    // An answer that has begun calls every end of its connection "aborted".
    throw late ?? error;
  } finally {
    clearTimeout(timer);
  }
}

/** `127.0.0.1:4000`: where the other end of a connection is. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
