/** Which Python an environment is made from: pure, from what the platform has and this machine offers. */
import { OLDEST_PYTHON } from './known-versions.js';
import type { Consent } from './torch-choice.js';

export interface PythonSituation {
  /** `3.10`: minors that the Space asks for or the platform has, best first. */
  readonly wanted: readonly string[];
  /** First Python 3 minor that is too new for the Space's packages; null for none. */
  readonly belowMinor: number | null;
  /** Those of `wanted` that are here, on PATH or kept by uv. */
  readonly found: readonly string[];
  /** Version of any other Python that will do; null when there is none. */
  readonly atHand: string | null;
  readonly hasUv: boolean;
  readonly consent: Consent;
}

/** One thing to do for a Python; the next one where it fails or is declined. */
export type PythonStep =
  | { readonly kind: 'use'; readonly minor: string }
  | { readonly kind: 'download'; readonly minor: string; readonly ask: boolean }
  /** `why`: for the banner; null where nothing else was wanted. */
  | { readonly kind: 'at-hand'; readonly why: string | null; readonly hint: string | null };

/** The steps to a Python, best first; empty when there is none at all. */
export function pythonSteps(situation: PythonSituation): readonly PythonStep[] {
  const { belowMinor, hasUv, consent } = situation;
  const wanted = situation.wanted.filter((minor) => suits(minor, belowMinor));
  const found = wanted.find((minor) => situation.found.includes(minor));
  const [best] = wanted;
  const steps: PythonStep[] = [];
  if (found !== undefined) steps.push({ kind: 'use', minor: found });
  else if (best !== undefined && hasUv && consent !== 'no') {
    steps.push({ kind: 'download', minor: best, ask: consent === 'ask' });
  }
  const { atHand } = situation;
  if (atHand === null || minorOf(atHand) === found) return steps;
  const lacks = best !== undefined && found === undefined;
  steps.push({
    kind: 'at-hand',
    why: lacks ? `no Python ${best} was found` : null,
    hint: lacks && hasUv && consent === 'no' ? `--yes downloads Python ${best} with uv` : null,
  });
  return steps;
}

/** `3.10` of `3.10.13`. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function suits(minor: string, belowMinor: number | null): boolean {
  const [major, number = 0] = minor.split('.').map(Number);
  if (major !== OLDEST_PYTHON.major || number < OLDEST_PYTHON.minor) return false;
  return belowMinor === null || number < belowMinor;
}
