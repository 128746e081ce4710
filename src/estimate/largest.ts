/** `--largest width`: a search for the largest value that fits, in few calls. Pure. */
import type { Parameter } from '../call/arguments.js';

/** How often the value doubles before the search ends without a limit. */
const MOST_DOUBLINGS = 6;
/** The largest step that is taken where the page sets none. */
const LARGEST_STEP = 64;

/** What is known so far; values are multiples of `step` above `origin`. */
export interface Search {
  /** Where the page's steps begin: a slider's minimum, else 0. */
  readonly origin: number;
  readonly step: number;
  readonly start: number;
  /** The slider's maximum; null where the page sets none. */
  readonly maximum: number | null;
  /** The largest value that fits. */
  readonly fits: number | null;
  /** The smallest value that does not. */
  readonly fails: number | null;
}

/** Begins at a value that the endpoint is known to take. */
export function searchFrom(start: number, { bounds }: Pick<Parameter, 'bounds'>): Search {
  const step = bounds?.step && bounds.step > 0 ? bounds.step : stepOf(start);
  const origin = bounds?.minimum ?? 0;
  return { origin, step, start, maximum: bounds?.maximum ?? null, fits: null, fails: null };
}

/** 1024 suggests steps of 64, 50 steps of 2: the largest power of two that divides it. */
function stepOf(start: number): number {
  if (!Number.isInteger(start)) return 1;
  let step = 1;
  while (step < LARGEST_STEP && start !== 0 && start % (step * 2) === 0) step *= 2;
  return step;
}

/** The value to try next; null when the search has ended. */
export function nextValue(search: Search): number | null {
  const { origin, step, start, maximum, fits, fails } = search;
  if (fits === null && fails === null) return start;
  if (fails === null) {
    const from = fits ?? start;
    if (maximum !== null && from >= maximum) return null;
    if (maximum === null && from >= Math.max(start, step) * 2 ** MOST_DOUBLINGS) return null;
    const doubled = onStep(search, Math.max(from * 2, from + step));
    return maximum === null ? doubled : Math.min(doubled, maximum);
  }
  // Nothing below the origin is tried, and the origin itself where it is a value of the page.
  const low = fits ?? origin - step;
  if (fails - low <= step) return null;
  const middle = onStep(search, low + (fails - low) / 2);
  return middle >= fails ? middle - step : middle <= low ? low + step : middle;
}

const onStep = ({ origin, step }: Search, value: number) =>
  origin + Math.floor((value - origin) / step) * step;

/** What a call with that value has shown. */
export const learned = (search: Search, value: number, fits: boolean): Search =>
  fits
    ? { ...search, fits: Math.max(value, search.fits ?? value) }
    : { ...search, fails: Math.min(value, search.fails ?? value) };
