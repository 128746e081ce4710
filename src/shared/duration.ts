import { UserError } from './errors.js';

const EXAMPLES = '60, 60s, 1m30s';
const PATTERN = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/;

/**
 * Reads a length of time as a person writes it.
 *
 * @param text `60`, `60s`, `1m30s`, `2h`
 * @param what the flag or field, for the message
 * @returns seconds, above zero
 * @throws UserError E_USAGE when it is anything else
 */
export function parseDuration(text: string, what: string): number {
  const seconds = readSeconds(text.trim());
  if (seconds !== undefined && seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new UserError('E_USAGE', `${what} is "${text}", which is not a length of time above zero`, {
    why: `A length of time is written ${EXAMPLES}.`,
    fix: `${what} 60`,
  });
}

function readSeconds(text: string): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  const match = PATTERN.exec(text);
  if (!match || text === '') return undefined;
  const [, hours, minutes, seconds] = match;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
}

/** Seconds as people read them: `0.04s`, `7.9s`, `59s`, `3m30s`, `2h05m`. */
export function formatSeconds(seconds: number): string {
  // A warm call on a small model takes hundredths of a second, and is not free.
  if (seconds >= 0.005 && seconds < 0.095) return `${seconds.toFixed(2)}s`;
  const tenths = Math.round(Math.max(0, seconds) * 10) / 10;
  if (tenths < 60) return Number.isInteger(tenths) ? `${tenths}s` : `${tenths.toFixed(1)}s`;
  const whole = Math.round(tenths);
  const pad = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${pad(Math.floor((whole % 3600) / 60))}m`;
}
