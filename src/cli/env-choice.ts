/** Which environments `zerogpu env rm` means: pure. */
import type { KeptEnvironment } from '../python-env/kept.js';
import { EXIT, UserError } from '../shared/errors.js';

export interface EnvChoice {
  readonly names: readonly string[];
  readonly all: boolean;
  /** Those that were not used for so long, milliseconds; null for no such limit. */
  readonly unusedMs: number | null;
  readonly nowMs: number;
}

/**
 * Sorts out what is removed, and what is meant and has to stay since something uses it.
 *
 * @throws UserError E_USAGE for no choice and for a name that is none; E_ENV_IN_USE for one that is named and in use
 */
export function chooseEnvironments(
  environments: readonly KeptEnvironment[],
  { names, all, unusedMs, nowMs }: EnvChoice,
): { readonly removed: readonly KeptEnvironment[]; readonly kept: readonly KeptEnvironment[] } {
  const ways = [names.length > 0, all, unusedMs !== null].filter(Boolean).length;
  if (ways !== 1) {
    throw new UserError('E_USAGE', 'zerogpu env rm takes names, --all, or --unused TIME', {
      why: ways === 0 ? 'Nothing says which environments.' : 'Each is a choice of its own.',
      fix: ['zerogpu env list', 'zerogpu env rm --unused 30d'],
    });
  }
  for (const name of names) {
    const found = environments.find((one) => one.name === name);
    if (!found) {
      throw new UserError('E_USAGE', `there is no environment "${name}"`, {
        fix: 'zerogpu env list   (their names)',
      });
    }
    if (isBusy(found)) throw inUse(found);
  }
  const meant = environments.filter(
    ({ name, lastUsedMs }) =>
      all ||
      names.includes(name) ||
      // Half an environment was never used.
      (unusedMs !== null && (lastUsedMs === null || nowMs - lastUsedMs >= unusedMs)),
  );
  return {
    removed: meant.filter((one) => !isBusy(one)),
    kept: meant.filter(isBusy),
  };
}

/**
 * Reads the age of `--unused`.
 *
 * @param text `30d`, `12h`
 * @returns milliseconds
 * @throws UserError E_USAGE
 */
export function parseAge(text: string): number {
  const [, amount, unit] = /^(\d{1,5})(h|d)$/.exec(text.trim()) ?? [];
  if (amount) return Number(amount) * (unit === 'd' ? 86_400_000 : 3_600_000);
  throw new UserError('E_USAGE', `--unused is "${text}", which is not a number of days or hours`, {
    why: 'It is written 30d or 12h.',
    fix: 'zerogpu env rm --unused 30d',
  });
}

function isBusy({ state }: KeptEnvironment): boolean {
  return state === 'in use' || state === 'being made';
}

function inUse({ name, state }: KeptEnvironment): UserError {
  return new UserError('E_ENV_IN_USE', `${name} is ${state}`, {
    why: 'A process runs from it: it would lose its packages.',
    fix: 'stop the run, then try again',
    exitCode: EXIT.cannot,
  });
}
