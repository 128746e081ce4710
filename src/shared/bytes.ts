import { UserError } from './errors.js';

/** Decimal units as GPU vendors and the platform page count them (70 GB), binary ones as `GiB`. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * Reads an amount of memory.
 *
 * @param text `70GB`, `2 GiB`, `512MB`, `1000000`
 * @returns bytes, above zero
 * @throws UserError E_USAGE
 */
export function parseBytes(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[(match?.[2] ?? '?').toLowerCase()];
  const bytes = match && unit ? Math.round(Number(match[1]) * unit) : 0;
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new UserError('E_USAGE', `${what} is "${text}", which is not an amount of memory`, {
    why: 'Memory is written 70GB, 2GiB, 512MB.',
    fix: `${what} 70GB`,
  });
}

/** Bytes with one decimal and a decimal unit: `70.0 GB`. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}
