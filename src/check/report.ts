import type { SourceText } from '../space/index.js';
import type { Finding, Rule, Severity, Words } from './rule.js';
import { SEVERITIES } from './rule.js';
import type { ProfileVerdict, Verdict } from './verdict.js';
import type { Visits } from './visits.js';

/** A finding with the words for it. */
export interface ReportedFinding extends Finding {
  /** The rule's name: `torch-compile`. */
  readonly name: string;
  readonly words: Words;
}

/** A rule that was asked; what only some formats print may be missing. */
export type ReportedRule = Pick<Rule, 'id' | 'name'> &
  Partial<Pick<Rule, 'summary' | 'severity' | 'docs'>>;

/** One Space, checked. All but its `sources` is plain JSON. */
export interface SpaceReport {
  /** The folder as the user named it: `.` or `demos/hello`. */
  readonly path: string;
  /** The folder's own name. */
  readonly name: string;
  /** Absolute; null for files in memory. */
  readonly dir: string | null;
  /** The profile that decides the exit code. */
  readonly profile: { readonly name: string; readonly asOf: string };
  readonly findings: readonly ReportedFinding[];
  /** Findings that a comment in the files, or the configuration, suppressed. */
  readonly ignored: number;
  /** Rules that were asked. */
  readonly rules: readonly ReportedRule[];
  /** Rules that looked at something and found nothing. */
  readonly passed: number;
  /** What was taken for granted because the Space does not say it. */
  readonly assumed: readonly string[];
  /** What could not be looked at, and why. */
  readonly unchecked: readonly string[];
  /** Text of every file that was read, for snippets. */
  readonly sources: ReadonlyMap<string, SourceText>;
  /** Calls a day of each GPU function. */
  readonly visits: readonly Visits[];
  /** What each edition of the platform makes of it, the deciding one included. */
  readonly verdicts: readonly ProfileVerdict[];
  /** Whether it fails the run; every format and the exit code read it here. */
  readonly verdict: Verdict;
}

/** What reporters get: all that is to be said of one `zerogpu check`. */
export interface CheckReport {
  readonly spaces: readonly SpaceReport[];
  readonly elapsedMs: number;
  /** 0 clean, 1 something fails, 70 when a rule failed. */
  readonly exitCode: number;
}

export type Counts = Readonly<Record<Severity, number>>;

export function countFindings(spaces: readonly SpaceReport[]): Counts {
  const counts = { error: 0, warning: 0, info: 0, advice: 0 };
  for (const { findings } of spaces) {
    for (const { severity } of findings) counts[severity] += 1;
  }
  return counts;
}

/** What a finding says to its reader. */
export function wordsFor({ words }: ReportedFinding): Words {
  return words;
}

/** `README.md` of `demos/hello` as a path from where the user is. */
export function shownPath({ path }: Pick<SpaceReport, 'path'>, file: string): string {
  const folder = path.replace(/\/+$/, '').replace(/^\.\/+/, '');
  return folder === '' || folder === '.' || folder === '-' ? file : `${folder}/${file}`;
}

/** `error` to `advice`, the gravest that is there. */
export function gravest(findings: readonly { readonly severity: Severity }[]): Severity | null {
  return SEVERITIES.find((one) => findings.some(({ severity }) => severity === one)) ?? null;
}
