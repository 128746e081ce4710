/** Over each GPU function: what it asks for, how many calls a day that leaves, and what was measured. */
import type { CodeLens } from 'vscode-languageserver-protocol';
import { declaredCallOf, visitorsFunctions } from '../check/check-space.js';
import { visitsOf } from '../check/visits.js';
import { loadProfile, type PlatformProfile, TIER_TITLES, TIERS } from '../platform/index.js';
import type { Measured, MeasuredFunction } from '../shared/measured.js';
import type { GpuFunction } from '../space/python/index.js';
import { rangeFrom } from './places.js';
import type { Checked } from './space-check.js';

/**
 * @param file path in the Space
 * @param measured on a real GPU; null where no run was
 */
export function lensesOf(
  checked: Checked,
  file: string,
  measured: Measured | null,
): readonly CodeLens[] {
  if (checked.kind !== 'checked') return [];
  const profile = loadProfile(checked.settings.platform);
  return visitorsFunctions(checked.space.python)
    .filter((fn) => fn.file.path === file)
    .map((fn) => ({
      range: rangeFrom(fn.makerRange),
      // A lens needs a command; one without a name is text.
      command: { title: titleOf(fn, profile, measured), command: '' },
    }));
}

function titleOf(fn: GpuFunction, profile: PlatformProfile, measured: Measured | null): string {
  const found = measured?.functions.find(({ name }) => isSame(name, fn));
  const parts = [callsTitle(fn, profile), ...(found ? [measuredTitle(found)] : [])];
  return parts.join(' · ');
}

/** `60 s · anonymous 2, free 3, PRO 25 calls a day`. */
export function callsTitle(
  fn: Pick<GpuFunction, 'name' | 'duration' | 'size'>,
  profile: PlatformProfile,
): string {
  const declared = declaredCallOf(fn, profile);
  const [visits] = visitsOf([declared], profile);
  if (!visits) return 'its duration is decided at each call';
  const tiers = TIERS.flatMap((tier) => {
    const calls = visits.calls[tier];
    return calls === undefined ? [] : [`${TIER_TITLES[tier]} ${calls}`];
  });
  const seconds = `${declared.seconds} s${declared.isDefault ? ' by default' : ''}`;
  return `${seconds} · ${tiers.join(', ')} calls a day`;
}

function isSame(name: string, fn: GpuFunction): boolean {
  return name === fn.qualifiedName || name === fn.name || name.endsWith(`.${fn.qualifiedName}`);
}

function measuredTitle({ p95Seconds, killed, suggestedSeconds }: MeasuredFunction): string {
  if (suggestedSeconds === null) {
    return `${killed} ${killed === 1 ? 'call was' : 'calls were'} killed at the deadline, declare more`;
  }
  return `measured ${p95Seconds.toFixed(1)} s, declare ${suggestedSeconds}`;
}
