/** A line of a run's log as the console of `serve` shows it. Pure. */
import * as z from 'zod';

/** A line for a page. */
export interface PageLine {
  readonly text: string;
  /** When it was printed, milliseconds since 1970; null where it does not say. */
  readonly atMs: number | null;
}

const DAY_MS = 86_400_000;
/** A clock that was set meanwhile: a line is not from tomorrow. */
const AHEAD_MS = 60_000;
const KINDS = ['app', 'warning', 'progress'] as const;

const jsonLine = z.object({
  t: z.iso.datetime(),
  event: z.enum(KINDS),
  line: z.string().optional(),
  message: z.string().optional(),
});

/**
 * Calls and what visitors read are left out: the console has them from the allocator.
 *
 * @param line in the text form of a run's log, or the JSON one (`--log-format json`)
 * @param nowMs milliseconds since 1970; the text form has the time of day alone
 * @returns null for a line that is left out
 */
export function pageLine(line: string, nowMs: number): PageLine | null {
  if (line.trim() === '') return null;
  if (line.startsWith('{')) return jsonPageLine(line);
  if (/^ {9}\S+ reads: /.test(line)) return null;
  const [, time, text = ''] = /^(\d\d:\d\d:\d\d) (.*)$/s.exec(line) ?? [];
  if (time === undefined) return { text: line.trim(), atMs: null };
  return /^(app|warn) /.test(text) ? { text, atMs: atOf(time, nowMs) } : null;
}

function jsonPageLine(line: string): PageLine | null {
  try {
    const { t, event, line: printed, message } = jsonLine.parse(JSON.parse(line));
    const text = printed ?? message ?? '';
    const prefix = { app: 'app  ', warning: 'warn ', progress: '' }[event];
    return { text: `${prefix}${text}`, atMs: Date.parse(t) };
  } catch {
    // Another event.
    return null;
  }
}

/** @param time of day, local: `12:43:25` */
function atOf(time: string, nowMs: number): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  const at = new Date(nowMs).setHours(hours, minutes, seconds, 0);
  return at > nowMs + AHEAD_MS ? at - DAY_MS : at;
}
