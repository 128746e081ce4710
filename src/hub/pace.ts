/** How often the Hub may be asked: its `RateLimit` headers, and the pause before another try. Pure. */

/** What the Hub says of its limit. */
export interface Limit {
  /** Requests left in this window. */
  readonly left: number;
  /** Seconds until the window ends. */
  readonly resetSeconds: number;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Longer than any window known (300 s): a header that says more is taken at this. */
const LONGEST_WAIT_SECONDS = 3_600;
/** When a refusal has no header that helps: the shortest pause that a refresh keeps anyway. */
const DEFAULT_WAIT_SECONDS = 60;

/** Reads `RateLimit: "api";r=0;t=55`; of several, the one that binds. Null when it is not there. */
export function readLimit(headers: Headers): Limit | null {
  const limits = [headers['ratelimit'] ?? []].flat().flatMap((value) =>
    value.split(',').flatMap((item): Limit[] => {
      const left = /;\s*r=(\d{1,9})\s*(?:;|$)/.exec(item)?.[1];
      const reset = /;\s*t=(\d{1,9})\s*(?:;|$)/.exec(item)?.[1];
      if (left === undefined || reset === undefined) return [];
      return [{ left: Number(left), resetSeconds: Math.min(Number(reset), LONGEST_WAIT_SECONDS) }];
    }),
  );
  return limits.reduce<Limit | null>(
    (binding, one) =>
      binding === null ||
      one.left < binding.left ||
      (one.left === binding.left && one.resetSeconds > binding.resetSeconds)
        ? one
        : binding,
    null,
  );
}

/** Seconds to wait after a 429, and whether the Hub stated them. Never less than it asked for. */
export function waitAfterRefusal(
  headers: Headers,
  wallMs: number,
): { readonly seconds: number; readonly told: boolean } {
  const told = [readLimit(headers)?.resetSeconds, retryAfter(headers['retry-after'], wallMs)];
  const known = told.filter((seconds) => seconds !== undefined);
  if (known.length === 0) return { seconds: DEFAULT_WAIT_SECONDS, told: false };
  // At least a second: "now" would be asked again at once.
  return { seconds: Math.max(1, ...known), told: true };
}

function retryAfter(value: string | string[] | undefined, wallMs: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const seconds = /^\d{1,9}$/.test(value.trim())
    ? Number(value)
    : Math.ceil((Date.parse(value) - wallMs) / 1_000);
  return Number.isFinite(seconds) && seconds >= 0
    ? Math.min(seconds, LONGEST_WAIT_SECONDS)
    : undefined;
}

/**
 * Milliseconds before try number `attempt` (from 1): doubles, and is spread over its upper half so
 * that many who failed together do not come back together.
 *
 * @param random from 0 to 1
 */
export function backOffMs(attempt: number, random: number): number {
  const whole = Math.min(8_000, 500 * 2 ** (attempt - 1));
  return Math.round(whole / 2 + (whole / 2) * random);
}
