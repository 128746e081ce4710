import { shownPath, wordsFor } from '../report.js';
import type { Reporter } from './reporter.js';

/** One line a finding: `demo/app.py:41:1: warning ZG204: what`. */
export const reportCompact: Reporter = ({ spaces }) =>
  spaces
    .flatMap((space) =>
      space.findings.map((finding) => {
        const { line, column } = finding.range ?? { line: 1, column: 1 };
        const { message, note } = wordsFor(finding);
        const more = note ? ` (${note})` : '';
        const place = `${shownPath(space, finding.file)}:${line}:${column}`;
        return `${place}: ${finding.severity} ${finding.rule}: ${message}${more}\n`;
      }),
    )
    .join('');
