/** Values of flags that several commands take. */
import { UserError } from '../../shared/errors.js';

/** The port that a Gradio app uses by itself, and so the address that people type. */
export const DEFAULT_PORT = 7860;

export function wholeNumber(text: string, flag: string, lowest: number, highest: number): number {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (number >= lowest && number <= highest) return number;
  throw new UserError('E_USAGE', `${flag} is "${text}", which can't be used`, {
    why: `${flag} takes a whole number from ${lowest} to ${highest}.`,
    fix: `${flag} ${Math.max(lowest, flag === '--port' ? DEFAULT_PORT : 1)}`,
  });
}

export function parseSpeed(text: string): number {
  const speed = /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (speed >= 1 && speed <= 100_000) return speed;
  throw new UserError('E_USAGE', `--speed is "${text}", which can't be used`, {
    why: 'Quota time can run 1 to 100000 times faster than the clock.',
    fix: '--speed 60',
  });
}

export function oneOf<T extends string>(text: string, flag: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new UserError('E_USAGE', `${flag} is "${text}"; expected one of ${choices.join(', ')}`, {
    fix: `${flag} ${choices[0]}`,
  });
}

export function parseGpu(text: string): 'auto' | 'mock' | 'nvidia' {
  return oneOf(text, '--gpu', ['auto', 'mock', 'nvidia']);
}

/** Slices of each card; null where none were named. */
export function parseSlices(text: string | undefined): number | null {
  return text === undefined ? null : wholeNumber(text, '--slices', 1, 16);
}
