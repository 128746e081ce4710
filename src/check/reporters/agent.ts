/** For coding agents: a line a finding, nothing that changes from run to run, the next command at the end. */
import { printableLine } from '../../shared/printable.js';
import { countFindings, type ReportedFinding, type SpaceReport, shownPath } from '../report.js';
import type { Reporter } from './reporter.js';

export const reportAgent: Reporter = ({ spaces, exitCode }) =>
  [...spaces.flatMap(linesOf), `exit ${exitCode}`].map((line) => `${line}\n`).join('');

function linesOf(space: SpaceReport): readonly string[] {
  const counts = countFindings([space]);
  const numbers = [
    `errors=${counts.error}`,
    `warnings=${counts.warning}`,
    `infos=${counts.info}`,
    `advice=${counts.advice}`,
    `passed=${space.passed}`,
    `ignored=${space.ignored}`,
  ];
  return [
    ...space.findings.map((finding) => lineOf(space, finding)),
    ...space.assumed.map((one) => `assumed ${printableLine(one)}`),
    ...space.unchecked.map((one) => `unchecked ${printableLine(one)}`),
    [
      space.verdict.isFailed ? 'fails' : 'passes',
      quoted(space.path),
      `platform=${space.profile.name}`,
      ...numbers,
      `| next: ${nextOf(space)}`,
    ].join(' '),
  ];
}

function lineOf(space: SpaceReport, finding: ReportedFinding): string {
  const { severity, rule, range, words, fix } = finding;
  const place = `${shownPath(space, finding.file)}:${range?.line ?? 1}:${range?.column ?? 1}`;
  const { message, note, help } = words;
  const parts = [
    `${place} ${severity} ${rule} ${message}`,
    ...(note ? [note] : []),
    ...(help ? [`${fix ? 'fix' : 'try'}: ${help}`] : []),
    `next: ${nextFor(space, finding)}`,
  ];
  return parts.map(printableLine).join(' | ');
}

/** What fixes it, or else what explains it. */
function nextFor({ dir, path }: SpaceReport, { fix, rule }: ReportedFinding): string {
  if (!fix || dir === null) return `zerogpu explain ${rule}`;
  const flags = fix.safety === 'unsafe' ? '--diff --unsafe-fixes' : '--fix';
  return `zerogpu check ${quoted(path)} ${flags}`;
}

function nextOf(space: SpaceReport): string {
  const { findings, dir, path, verdict } = space;
  const isFixable = findings.some(({ fix }) => fix && fix.safety !== 'unsafe');
  if (isFixable && dir !== null) return `zerogpu check ${quoted(path)} --fix`;
  const [first] = findings;
  if (verdict.isFailed && first) return `zerogpu explain ${first.rule}`;
  return `zerogpu run ${quoted(path)}`;
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  const shown = printableLine(path);
  return /^[\w./:@+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
