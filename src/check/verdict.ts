/** Whether a checked Space fails, decided once. */
import { EXIT } from '../shared/errors.js';
import type { Finding, Severity } from './rule.js';

/** What one edition of the platform makes of a Space. */
export interface ProfileVerdict {
  readonly profile: string;
  /** Day of the edition: `2025-11-05`. */
  readonly asOf: string;
  readonly errors: number;
  readonly warnings: number;
}

export interface Verdict {
  readonly isFailed: boolean;
  /** The severities that fail the run here. */
  readonly failing: readonly Severity[];
}

/** When warnings fail a run as errors do. */
export interface FailingPolicy {
  readonly strict: boolean;
  /** More warnings than this fail; null for no limit. */
  readonly maxWarnings: number | null;
}

export function verdictOf(
  findings: readonly Pick<Finding, 'severity'>[],
  { strict, maxWarnings }: FailingPolicy,
): Verdict {
  const warnings = countOf(findings, 'warning');
  const isOver = maxWarnings !== null && warnings > maxWarnings;
  const failing: readonly Severity[] = strict || isOver ? ['error', 'warning'] : ['error'];
  return { failing, isFailed: failing.some((severity) => countOf(findings, severity) > 0) };
}

export function profileVerdict(
  { name, asOf }: { readonly name: string; readonly asOf: string },
  findings: readonly Pick<Finding, 'severity'>[],
): ProfileVerdict {
  const [errors, warnings] = [countOf(findings, 'error'), countOf(findings, 'warning')];
  return { profile: name, asOf, errors, warnings };
}

/** The exit code of a run over these Spaces. */
export function exitCodeOf(verdicts: readonly Verdict[]): number {
  return verdicts.some(({ isFailed }) => isFailed) ? EXIT.failed : EXIT.ok;
}

function countOf(findings: readonly Pick<Finding, 'severity'>[], wanted: Severity): number {
  return findings.filter(({ severity }) => severity === wanted).length;
}
