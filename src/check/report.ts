import type { PlatformProfile } from '../platform/index.js';
import type { SourceText } from '../space/index.js';
import type { RuleFailure } from './engine.js';
import type { Finding, Rule, RuleId, Severity, Words } from './rule.js';
import { SEVERITIES } from './rule.js';
import { rules as allRules } from './rules/index.js';
import type { Visits } from './visits.js';

/** One Space, checked. */
export interface SpaceReport {
  /** The folder as the user named it: `.` or `demos/hello`. */
  readonly path: string;
  /** The folder's own name. */
  readonly name: string;
  /** Absolute; null for files in memory. */
  readonly dir: string | null;
  readonly profile: PlatformProfile;
  readonly findings: readonly Finding[];
  /** Findings that a comment in the files, or the configuration, took away. */
  readonly ignored: number;
  readonly failures: readonly RuleFailure[];
  /** Rules that were asked. */
  readonly rules: readonly Rule[];
  /** Text of every file that was read, for snippets. */
  readonly sources: ReadonlyMap<string, SourceText>;
  /** Calls a day of each GPU function. */
  readonly visits: readonly Visits[];
  /** What fails the run: errors, and warnings when the user is strict. */
  readonly failingSeverities: readonly Severity[];
}

/** What reporters get: all that is to be said of one `zerogpu check`. */
export interface CheckReport {
  readonly spaces: readonly SpaceReport[];
  readonly elapsedMs: number;
}

export type Counts = Readonly<Record<Severity, number>>;

export function countFindings(spaces: readonly SpaceReport[]): Counts {
  const counts = { error: 0, warning: 0, info: 0, advice: 0 };
  for (const { findings } of spaces) {
    for (const { severity } of findings) counts[severity] += 1;
  }
  return counts;
}

/** Rules that found nothing, of those that were asked. */
export function countPassed({ rules, findings }: SpaceReport): number {
  const found = new Set(findings.map(({ rule }) => rule));
  return rules.filter(({ id }) => !found.has(id)).length;
}

const byId: ReadonlyMap<RuleId, Rule> = new Map(allRules.map((rule) => [rule.id, rule]));

/** The words for a finding, from its rule, with what holds for every rule. */
export function wordsFor({ rule, data, alsoFineOn, isUnreached }: Finding): Words {
  const words = shorten(byId.get(rule)?.words(data) ?? { message: String(rule) });
  const more = [
    ...(isUnreached ? ['nothing in the Space calls this function'] : []),
    ...(alsoFineOn.length > 0 ? [`fine on ${alsoFineOn.join(', ')}`] : []),
  ];
  if (more.length === 0) return words;
  return { ...words, note: [words.note, ...more].filter(Boolean).join('; ') };
}

/** The user's own value is in the words; more of it than this says nothing more. */
const LONGEST_WORDS = 300;

function shorten(words: Words): Words {
  const cut = (text: string) =>
    text.length > LONGEST_WORDS ? `${text.slice(0, LONGEST_WORDS)}…` : text;
  return {
    message: cut(words.message),
    ...(words.note === undefined ? {} : { note: cut(words.note) }),
    ...(words.help === undefined ? {} : { help: cut(words.help) }),
  };
}

export function ruleName(id: RuleId): string {
  return byId.get(id)?.name ?? id;
}

/** `README.md` of `demos/hello` as a path from where the user is. */
export function shownPath({ path }: SpaceReport, file: string): string {
  const folder = path.replace(/\/+$/, '').replace(/^\.\/+/, '');
  return folder === '' || folder === '.' ? file : `${folder}/${file}`;
}

/** `error` to `advice`, the gravest that is there. */
export function gravest(findings: readonly { readonly severity: Severity }[]): Severity | null {
  return SEVERITIES.find((one) => findings.some(({ severity }) => severity === one)) ?? null;
}
