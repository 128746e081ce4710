import { relative, resolve, sep } from 'node:path';
import { type SpaceReport, shownPath, wordsFor } from '../report.js';
import type { Severity } from '../rule.js';
import type { Reporter } from './reporter.js';

const COMMANDS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'notice',
  advice: 'notice',
};

/**
 * Workflow commands of GitHub Actions, which become annotations of the lines:
 * `::error file=demo/app.py,line=3,title=ZG301 torch-compile::what`.
 */
export const reportGithub: Reporter = ({ spaces }, { repositoryRoot }) =>
  spaces
    .flatMap((space) =>
      space.findings.map((finding) => {
        const { message, note, help } = wordsFor(finding);
        const properties = {
          file: pathFrom(repositoryRoot, space, finding.file),
          ...(finding.range && {
            line: finding.range.line,
            endLine: finding.range.endLine,
            col: finding.range.column,
            // The end column is only taken where the annotation is within one line.
            ...(finding.range.line === finding.range.endLine && {
              endColumn: finding.range.endColumn,
            }),
          }),
          title: `${finding.rule} ${finding.name}`,
        };
        const written = Object.entries(properties)
          .map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
          .join(',');
        const text = [message, note, help].filter(Boolean).join('\n');
        return `::${COMMANDS[finding.severity]} ${written}::${escapeData(text)}\n`;
      }),
    )
    .join('');

/** A path of the report as seen from the root of the repository, with `/`. */
export function pathFrom(root: string, space: SpaceReport, file: string): string {
  if (space.dir === null) return shownPath(space, file);
  return relative(root, resolve(space.dir, file)).split(sep).join('/');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
