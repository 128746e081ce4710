/** Asks the Hub for one JSON document: offline, limits, tries, status and shape are all seen to here. */
import type { IncomingHttpHeaders } from 'node:http';
import type * as z from 'zod';
import type { Clock } from '../shared/clock.js';
import { badAnswer, errorOf, offline, type Purpose, rateLimited, unreachable } from './errors.js';
import { backOffMs, readLimit, waitAfterRefusal } from './pace.js';
import type { HubSettings } from './settings.js';
import { type Asked, ask, NoAnswer, type Whole } from './transport.js';

export interface Limits {
  /** For one try, the last byte included. */
  readonly withinMs: number;
  /** Of one answer. */
  readonly mostBytes: number;
  /** Tries in all when the Hub does not answer or fails. */
  readonly tries: number;
}

export const LIMITS: Limits = { withinMs: 10_000, mostBytes: 8_000_000, tries: 3 };

export interface Reader {
  /** @param path below the endpoint, or a whole address of the same origin */
  read<T>(
    path: string,
    schema: z.ZodType<T>,
    purpose: Purpose,
  ): Promise<{ readonly value: T; readonly headers: IncomingHttpHeaders }>;
  /** What a request to this address would look like. */
  asked(path: string): Asked;
}

export function createReader(
  settings: HubSettings,
  clock: Clock,
  random: () => number,
  limits: Limits,
  signal?: AbortSignal,
): Reader {
  const { endpoint, token } = settings;
  const home = new URL(endpoint).origin;
  /** Until when the Hub wants to be left alone, monotonic milliseconds. */
  let closedUntilMs = 0;

  const asked = (path: string): Asked => ({
    url: new URL(path.startsWith('/') ? `${endpoint}${path}` : path),
    home,
    token,
    leavesHome: false,
    silentMs: limits.withinMs,
    signal,
  });

  function close(seconds: number): void {
    closedUntilMs = Math.max(closedUntilMs, clock.now().monotonicMs + seconds * 1_000);
  }

  async function tryOnce(path: string, purpose: Purpose): Promise<Whole> {
    const closedMs = closedUntilMs - clock.now().monotonicMs;
    if (closedMs > 0) throw rateLimited(purpose, Math.ceil(closedMs / 1_000), true);
    const whole = await ask(asked(path), limits.withinMs, limits.mostBytes);
    const { status, headers } = whole;
    if (status === 429) {
      const { seconds, told } = waitAfterRefusal(headers, clock.now().wallMs);
      close(seconds);
      throw rateLimited(purpose, seconds, told);
    }
    const limit = readLimit(headers);
    if (limit?.left === 0) close(limit.resetSeconds);
    if (status >= 500) throw new NoAnswer(`The Hub answered ${status}.`, true);
    return whole;
  }

  async function get(path: string, purpose: Purpose): Promise<Whole> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await tryOnce(path, purpose);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        if (!error.again) throw badAnswer(purpose, endpoint, error.message);
        if (attempt >= limits.tries) throw unreachable(purpose, endpoint, error.message);
        await new Promise<void>((go) => clock.after(backOffMs(attempt, random()), go));
      }
    }
  }

  return {
    asked,
    async read(path, schema, purpose) {
      if (settings.offline) throw offline(purpose);
      const { status, headers, text } = await get(path, purpose);
      const failed = errorOf(status, purpose, endpoint, token !== null);
      if (failed) throw failed;
      return { value: shaped(text, schema, purpose, endpoint), headers };
    },
  };
}

function shaped<T>(text: string, schema: z.ZodType<T>, purpose: Purpose, endpoint: string): T {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw badAnswer(purpose, endpoint, 'The answer is not JSON.');
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue?.path.join('.') || 'the answer';
  throw badAnswer(purpose, endpoint, `${at}: ${issue?.message ?? 'not as documented'}`);
}
