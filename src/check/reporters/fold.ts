/** Folds findings that say the same of several places, for people; machine formats keep them all. */
import { type ReportedFinding, wordsFor } from '../report.js';
import type { Severity } from '../rule.js';

/** A finding that is shown, and others of its kind that are only named below it. */
export interface Folded {
  readonly shown: ReportedFinding;
  readonly more: readonly ReportedFinding[];
}

/** Findings of one kind that are shown whole; the others follow the last of them by their places. */
const SHOWN: Readonly<Record<Severity, number>> = { error: 3, warning: 3, info: 1, advice: 1 };

/** Each fact is read once: findings of one rule whose messages differ in their values alone. */
export function foldFindings(findings: readonly ReportedFinding[]): readonly Folded[] {
  const groups = new Map<string, ReportedFinding[]>();
  const groupOf = findings.map((finding) => {
    const key = `${finding.severity} ${finding.rule} ${shapeOf(finding)}`;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(finding);
    return group;
  });
  return findings.flatMap((shown, place): readonly Folded[] => {
    const group = groupOf[place] ?? [];
    const most = SHOWN[shown.severity];
    const index = group.indexOf(shown);
    // A line for one more would be as long as the finding's own head.
    if (group.length <= most + 1) return [{ shown, more: [] }];
    if (index >= most) return [];
    return [{ shown, more: index === most - 1 ? group.slice(most) : [] }];
  });
}

/** The message with names, texts and numbers of this one place left out. */
export function shapeOf(finding: ReportedFinding): string {
  const values = Object.values(finding.data)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter((value): value is string => typeof value === 'string' && value !== '')
    .sort((a, b) => b.length - a.length);
  const withoutValues = values.reduce(withoutWord, wordsFor(finding).message);
  return withoutValues.replaceAll(/`[^`]*`|"[^"]*"|\d[\w.]*/g, '_');
}

/** A value that is a part of another word stays: it is not the value that is meant. */
function withoutWord(text: string, value: string): string {
  let rest = text;
  for (let from = rest.indexOf(value); from >= 0; from = rest.indexOf(value, from + 1)) {
    const around = `${rest[from - 1] ?? ''} ${rest[from + value.length] ?? ''}`;
    if (!/\w/.test(around)) rest = `${rest.slice(0, from)}_${rest.slice(from + value.length)}`;
  }
  return rest;
}
