/**
 * One request to the Hub and its redirects, on node:http (allocator/client/http.ts says why not on
 * `fetch`). The token goes to the endpoint's own origin and nowhere else.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Token } from './settings.js';

/** Why there is no answer, in a sentence. Not the Hub's refusal: that is an answer. */
export class NoAnswer extends Error {
  /** Whether another try may help. */
  readonly again: boolean;
  constructor(why: string, again: boolean) {
    super(why);
    this.again = again;
  }
}

export interface Asked {
  readonly url: URL;
  /** The only origin that the token is sent to. */
  readonly home: string;
  readonly token: Token | null;
  /** Follow redirects to other origins, without the token: files lie on other hosts. */
  readonly leavesHome: boolean;
  /** For connecting, and between two pieces of the answer. */
  readonly silentMs: number;
  readonly signal?: AbortSignal | undefined;
}

const MOST_REDIRECTS = 5;
const USER_AGENT = 'zerogpu';

/**
 * Sends a GET and follows its redirects.
 *
 * @returns the answer, its body not read yet; whoever gets it reads or destroys it
 * @throws NoAnswer
 */
export async function send(asked: Asked): Promise<IncomingMessage> {
  let { url } = asked;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const answer = await sendOnce(url, asked);
    const to = redirectOf(answer, url);
    if (to === null) return answer;
    answer.destroy();
    if (to.origin !== asked.home) {
      if (!asked.leavesHome) {
        throw new NoAnswer(
          `It sends on to another host, ${to.host}; that was not followed.`,
          false,
        );
      }
      if (to.protocol !== 'https:' && asked.home.startsWith('https:')) {
        throw new NoAnswer(`It sends on to ${to.host} without encryption.`, false);
      }
    }
    url = to;
  }
  throw new NoAnswer(`It sends on more than ${MOST_REDIRECTS} times.`, false);
}

function redirectOf(answer: IncomingMessage, from: URL): URL | null {
  const { statusCode = 0, headers } = answer;
  if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return null;
  if (!URL.canParse(headers.location, from.href)) return null;
  const to = new URL(headers.location, from);
  return /^https?:$/.test(to.protocol) ? to : null;
}

function sendOnce(url: URL, asked: Asked): Promise<IncomingMessage> {
  const { token, home, silentMs, signal } = asked;
  if (signal?.aborted) throw new NoAnswer('It was interrupted.', false);
  const request = url.protocol === 'https:' ? overHttps : overHttp;
  const authorization =
    token !== null && url.origin === home ? { authorization: `Bearer ${token.reveal()}` } : {};
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      agent: false,
      headers: { 'user-agent': USER_AGENT, 'accept-encoding': 'identity', ...authorization },
    });
    const end = (why: NoAnswer) => void sent.destroy(why);
    const stop = () => end(new NoAnswer('It was interrupted.', false));
    sent.setTimeout(silentMs, () =>
      end(new NoAnswer(`It said nothing for ${silentMs / 1_000} s.`, true)),
    );
    signal?.addEventListener('abort', stop, { once: true });
    sent.once('close', () => signal?.removeEventListener('abort', stop));
    sent.once('response', resolve);
    // Stays: the answer reports a connection that breaks later as well.
    sent.on('error', (error) => reject(noAnswer(error)));
    sent.end();
  });
}

function noAnswer(error: Error): NoAnswer {
  if (error instanceof NoAnswer) return error;
  // The code alone: messages of node:http can hold what was sent.
  const { code } = error as NodeJS.ErrnoException;
  return new NoAnswer(`The connection failed (${code ?? 'unknown'}).`, true);
}

export interface Whole {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Sends a GET and reads its whole answer.
 *
 * @param withinMs for all of it, the last byte included
 * @param mostBytes of a body; more is not read
 * @throws NoAnswer
 */
export async function ask(asked: Asked, withinMs: number, mostBytes: number): Promise<Whole> {
  const late = new AbortController();
  const tooLate = new NoAnswer(`It took longer than ${withinMs / 1_000} s.`, true);
  // Held by this timer's closure until it is cleared, so nothing can be collected before.
  const timer = setTimeout(() => late.abort(), withinMs);
  const { signal } = asked;
  const stop = () => late.abort();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    const answer = await send({ ...asked, signal: late.signal });
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      text: await bodyOf(answer, mostBytes),
    };
  } catch (error) {
    if (signal?.aborted) throw new NoAnswer('It was interrupted.', false);
    if (late.signal.aborted) throw tooLate;
    throw error instanceof NoAnswer
      ? error
      : new NoAnswer('The connection ended before the whole answer was there.', true);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

async function bodyOf(answer: IncomingMessage, mostBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBytes) {
      answer.destroy();
      throw new NoAnswer(`Its answer is larger than ${mostBytes} bytes.`, false);
    }
    parts.push(part);
  }
  if (!answer.complete) throw new NoAnswer('The answer was cut off.', true);
  return Buffer.concat(parts).toString('utf8');
}
