import { countFindings, shownPath, wordsFor } from '../report.js';
import type { Reporter } from './reporter.js';

/** One object, `version` 1; docs/check.md lists its keys. */
export const reportJson: Reporter = ({ spaces, elapsedMs, exitCode }, { version }) => {
  const counts = countFindings(spaces);
  const report = {
    version: 1,
    tool: { name: 'zerogpu', version },
    summary: {
      errors: counts.error,
      warnings: counts.warning,
      infos: counts.info,
      advice: counts.advice,
      ignored: spaces.reduce((sum, { ignored }) => sum + ignored, 0),
      exitCode,
      elapsedMs: Math.round(elapsedMs),
    },
    spaces: spaces.map((space) => ({
      name: space.name,
      path: space.path,
      platform: { name: space.profile.name, asOf: space.profile.asOf },
      rules: space.rules.length,
      passed: space.passed,
      ignored: space.ignored,
      assumed: space.assumed,
      unchecked: space.unchecked,
      failed: space.verdict.isFailed,
      verdicts: space.verdicts,
      visitors: space.visits,
      findings: space.findings.map((finding) => {
        const { message, note, help } = wordsFor(finding);
        return {
          rule: finding.rule,
          name: finding.name,
          severity: finding.severity,
          file: finding.file,
          path: shownPath(space, finding.file),
          range: finding.range,
          message,
          note: note ?? null,
          help: help ?? null,
          data: finding.data,
          fix: finding.fix,
          isUnreached: finding.isUnreached,
          alsoFineOn: finding.alsoFineOn,
        };
      }),
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
};
