/** Versions and specifiers (PEP 440) as rules ask of them. */
import { compare, parse, satisfies } from '@renovatebot/pep440';
import { withoutEndlessNumbers } from '../space/index.js';

export interface Clause {
  readonly operator: string;
  readonly version: string;
}

/** A bound that a specifier sets. */
export interface Bound {
  readonly version: string;
  readonly isIncluded: boolean;
}

/** The clauses of a specifier, each without local version: `==2.1.0+cu118` is `==2.1.0`. */
export function clausesOf(specifier: string): readonly Clause[] {
  return withoutEndlessNumbers(specifier)
    .split(',')
    .flatMap((part) => {
      const match = /^\s*(===|==|~=|!=|<=|>=|<|>)\s*([^\s]+)\s*$/.exec(part);
      const [, operator, version] = match ?? [];
      return operator && version ? [{ operator, version: version.replace(/\+.*$/, '') }] : [];
    });
}

/** Whether the specifier admits the version; local versions count as their base. */
export function admits(specifier: string, version: string): boolean {
  const plain = clausesOf(specifier).map(({ operator, version: wanted }) => `${operator}${wanted}`);
  if (plain.length === 0) return true;
  return satisfies(withoutEndlessNumbers(version), plain.join(','), { prereleases: true });
}

/** The exact version that a specifier asks for, without local part, or null. */
export function pinOf(specifier: string): string | null {
  const clauses = clausesOf(specifier);
  const [first] = clauses;
  if (clauses.length !== 1 || !first || !/^={2,3}$/.test(first.operator)) return null;
  return first.version.includes('*') ? null : first.version;
}

/** -1, 0 or 1; versions that can't be read are equal to everything. */
export function compareVersions(a: string, b: string): number {
  return isVersion(a) && isVersion(b) ? compare(a, b) : 0;
}

export function isVersion(text: string): boolean {
  return parse(text) !== null;
}

/** The highest version that the specifier can ever admit, or null when there is no end. */
export function upperBound(specifier: string): Bound | null {
  return clausesOf(specifier).reduce<Bound | null>((lowest, clause) => {
    const bound = upperBoundOf(clause);
    if (!bound || !lowest) return bound ?? lowest;
    const order = compareVersions(bound.version, lowest.version);
    if (order !== 0) return order < 0 ? bound : lowest;
    return bound.isIncluded ? lowest : bound;
  }, null);
}

function upperBoundOf({ operator, version }: Clause): Bound | null {
  const base = version.replace(/\.\*$/, '');
  if (operator === '==' && base !== version) return { version: bump(base, 0), isIncluded: false };
  switch (operator) {
    case '==':
    case '===':
    case '<=':
      return { version, isIncluded: true };
    case '<':
      return { version, isIncluded: false };
    case '~=':
      return { version: bump(version, 1), isIncluded: false };
    default:
      return null;
  }
}

/** The first version after all that begin so: `3.50` is `3.51`; with one part dropped, `4`. */
function bump(version: string, dropped: number): string {
  const release = parse(version)?.release ?? [0];
  const kept = release.slice(0, Math.max(1, release.length - dropped));
  return [...kept.slice(0, -1), (kept.at(-1) ?? 0) + 1].join('.');
}

/** Whether every version that the specifier admits is older than this one. */
export function isBelow(specifier: string, version: string): boolean {
  const bound = upperBound(specifier);
  if (!bound) return false;
  const order = compareVersions(bound.version, version);
  return order < 0 || (order === 0 && !bound.isIncluded);
}

/** Whether the specifier asks for something newer than this version, at the least. */
export function isAbove(specifier: string, version: string): boolean {
  return clausesOf(specifier).some(({ operator, version: wanted }) => {
    const order = compareVersions(wanted.replace(/\.\*$/, ''), version);
    if (operator === '>') return order >= 0;
    return ['==', '===', '~=', '>='].includes(operator) && order > 0;
  });
}

/** `3.10` of `3.10.13`. */
export function minorOf(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}
