import { countFindings, countPassed, ruleName, shownPath, wordsFor } from '../report.js';
import type { Reporter } from './index.js';

/** One object, `version` 1; docs/check.md lists its keys. */
export const reportJson: Reporter = ({ spaces, elapsedMs }, { version }) => {
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
      elapsedMs: Math.round(elapsedMs),
    },
    spaces: spaces.map((space) => ({
      name: space.name,
      path: space.path,
      platform: { name: space.profile.name, asOf: space.profile.asOf },
      rules: space.rules.length,
      passed: countPassed(space),
      ignored: space.ignored,
      visitors: space.visits,
      findings: space.findings.map((finding) => {
        const { message, note, help } = wordsFor(finding);
        return {
          rule: finding.rule,
          name: ruleName(finding.rule),
          severity: finding.severity,
          file: finding.file,
          path: shownPath(space, finding.file),
          range: finding.range,
          message,
          note: note ?? null,
          help: help ?? null,
          data: finding.data,
          fix: finding.fix,
          alsoFineOn: finding.alsoFineOn,
        };
      }),
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
};
