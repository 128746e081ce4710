import type { CheckReport, ReportedFinding } from '../report.js';
import { type RuleId, SEVERITIES, type Severity } from '../rule.js';

interface RuleCount {
  readonly rule: RuleId;
  readonly name: string;
  readonly severity: Severity;
  readonly count: number;
  /** Findings that `--fix` changes, the unsafe ones with `--unsafe-fixes`. */
  readonly fixable: number;
}

/** How often each rule found something, most often first. */
export function statisticsOf({ spaces }: Pick<CheckReport, 'spaces'>): readonly RuleCount[] {
  const groups = new Map<RuleId, ReportedFinding[]>();
  for (const finding of spaces.flatMap(({ findings }) => findings)) {
    groups.set(finding.rule, [...(groups.get(finding.rule) ?? []), finding]);
  }
  const counts = [...groups].map(([rule, found]): RuleCount => {
    const severity = SEVERITIES.find((one) => found.some((finding) => finding.severity === one));
    return {
      rule,
      name: found[0]?.name ?? rule,
      severity: severity ?? 'info',
      count: found.length,
      fixable: found.filter(({ fix }) => fix !== null).length,
    };
  });
  return counts.sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
}

/** A line a rule: `  3  error    ZG305  torch-compile  (2 fixable)`. */
export function statisticsText(report: CheckReport): string {
  return statisticsOf(report)
    .map(({ rule, name, severity, count, fixable }) => {
      const more = fixable > 0 ? `  (${fixable} fixable)` : '';
      return `${String(count).padStart(4)}  ${severity.padEnd(7)}  ${rule}  ${name}${more}\n`;
    })
    .join('');
}
