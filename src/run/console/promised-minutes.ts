import type { PlatformProfile } from '../../platform/index.js';

/** spaces 0.51.3, spaces/zero/client.py: PRO_QUOTA_MINUTES, the same number on every platform. */
const PROMISE = /\bPRO to (?:get|allow GPU tasks up to) (\d+) min\b/;

/**
 * Looks at what visitors read for a promise that this edition of the platform does not keep. The words are the
 * package's and stay as they are; the first time that the number differs, the log says so.
 *
 * @param say takes one sentence for the log
 */
export function createPromiseCheck(
  { name, asOf, tiers }: Pick<PlatformProfile, 'name' | 'asOf' | 'tiers'>,
  say: (sentence: string) => void,
): (message: string) => void {
  const actual = tiers.pro.quotaSeconds / 60;
  let isSaid = false;
  return (message) => {
    const promised = PROMISE.exec(message)?.[1];
    if (isSaid || promised === undefined || Number(promised) === actual) return;
    isSaid = true;
    say(
      `spaces promises PRO ${promised} min in these words, on every platform; PRO has ${actual} min on ${name} (${asOf})`,
    );
  };
}
