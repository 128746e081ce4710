import type { RequirementEntry } from '../../../space/index.js';
import { admits, clausesOf, compareVersions, isAbove, pinOf } from '../../versions.js';
import { wheelOf } from './wheels.js';

/** What a requirement on torch leaves the platform to choose from. */
export interface TorchChoice {
  /** As the requirement has it: `==2.3.0`, `>=2`, or the version of a wheel. */
  readonly specifier: string;
  /** The exact version, without local part, or null. */
  readonly pin: string | null;
  /** Versions of the platform's list that it admits. */
  readonly candidates: readonly string[];
  /** It asks for a release newer than all of the list: the list may have grown since. */
  readonly isNewer: boolean;
}

/**
 * Holds a requirement on torch against the platform's list.
 *
 * @returns null when it says nothing of the version (no specifier, or a URL that does not name one)
 */
export function choose(entry: RequirementEntry, listed: readonly string[]): TorchChoice | null {
  const specifier = specifierOf(entry);
  if (specifier === null || clausesOf(specifier).length === 0) return null;
  const newest = [...listed].sort(compareVersions).at(-1) ?? '0';
  return {
    specifier,
    pin: pinOf(specifier),
    candidates: listed.filter((version) => admits(specifier, version)),
    isNewer: isAbove(specifier, newest),
  };
}

/** The version that a requirement asks for, a wheel's included. */
export function specifierOf(entry: RequirementEntry): string | null {
  if (entry.url === null) return entry.specifier;
  const wheel = wheelOf(entry);
  return wheel ? `==${wheel.version}` : null;
}

/** Packages that are built for one exact torch: their pin and torch's go together. */
export const COMPANIONS: readonly string[] = ['torchvision', 'torchaudio', 'xformers', 'torchtext'];
