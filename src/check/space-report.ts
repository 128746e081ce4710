/** What is reported of one Space: its verdict, and the words of its findings. */
import { loadProfile } from '../platform/index.js';
import type { CheckedSpace } from './check-space.js';
import type { SpaceReport } from './report.js';
import type { Rule } from './rule.js';
import { type FailingPolicy, verdictOf } from './verdict.js';
import { withWords } from './words.js';

interface AskedFor extends FailingPolicy {
  readonly platform: string;
  readonly rules: readonly Rule[];
}

export function spaceReport(
  place: Pick<SpaceReport, 'path' | 'name' | 'dir'>,
  checked: CheckedSpace,
  asked: AskedFor,
): SpaceReport {
  const { name: profile, asOf } = loadProfile(asked.platform);
  const { findings, ignored, sources, visits, passed, verdicts, coverage } = checked;
  return {
    ...place,
    ...{ ignored, sources, visits, passed, verdicts },
    findings: findings.map(withWords),
    profile: { name: profile, asOf },
    rules: asked.rules,
    assumed: coverage.assumed,
    unchecked: coverage.unchecked,
    verdict: verdictOf(findings, asked),
  };
}
