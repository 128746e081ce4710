import type {
  Finding,
  Hosting,
  HubSide,
  MeasuredSeconds,
  Resolution,
} from '../../../src/check/rule.js';
import { rules } from '../../../src/check/rules/index.js';
import type { EstimatedFunction } from '../../../src/platform/estimated-function.js';

/** What `expected.json` of a fixture says. */
export interface ExpectedFindings {
  /** h200 by default. */
  readonly platform?: string;
  readonly hosting?: Hosting;
  /** What the Hub says of it. */
  readonly hub?: HubSide;
  /** What a run measured of it. */
  readonly measured?: MeasuredSeconds;
  /** What an estimate says of it. */
  readonly estimated?: readonly EstimatedFunction[];
  /** What uv answers. */
  readonly resolution?: Resolution;
  readonly findings: readonly object[];
}

/** A finding as a reader of expected.json wants it: place, severity, first line, fix. */
export function describeFinding(finding: Finding): object {
  const rule = rules.find(({ id }) => id === finding.rule);
  const { line, column, endLine, endColumn } = finding.range ?? {};
  const { file, severity, fix, alsoFineOn } = finding;
  return {
    at: line === undefined ? file : `${file}:${line}:${column}-${endLine}:${endColumn}`,
    severity,
    message: rule?.words(finding.data).message,
    ...(fix ? { fix: fix.edits.map(({ newText }) => newText) } : {}),
    ...(fix?.safety === 'unsafe' ? { isUnsafe: true } : {}),
    ...(alsoFineOn.length > 0 ? { alsoFineOn } : {}),
  };
}
