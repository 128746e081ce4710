import { movedOn, TIER_TITLES, TIERS } from '../../platform/index.js';
import type { Colour } from '../../shared/paint.js';
import {
  type CheckReport,
  countFindings,
  gravest,
  type ReportedFinding,
  type SpaceReport,
  shownPath,
  wordsFor,
} from '../report.js';
import type { Severity } from '../rule.js';
import type { ProfileVerdict } from '../verdict.js';
import { foldFindings } from './fold.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { snippet, wrap } from './snippet.js';

const COLOURS: Readonly<Record<Severity, Colour>> = {
  error: 'red',
  warning: 'yellow',
  info: 'blue',
  advice: 'blue',
};

/** A Space with more GPU functions is read as JSON. */
const MOST_FUNCTIONS = 6;

/** For people: each finding with its line, and at the end what it all comes to. */
export const reportText: Reporter = (report, options) => {
  const blocks = report.spaces.flatMap((space) => spaceBlocks(space, report, options));
  const summary = report.spaces.length > 1 ? [total(report, options)] : [];
  return `${[...blocks, ...summary].join('\n\n')}\n${newerEdition(report, options)}`;
};

/** Once, however many Spaces were checked against it. */
function newerEdition({ spaces }: CheckReport, { columns }: ReporterOptions): string {
  const notes = new Set(spaces.flatMap(({ profile }) => movedOn(profile) ?? []));
  return [...notes]
    .flatMap((note) => wrap(note, columns))
    .map((line) => `${line}\n`)
    .join('');
}

function spaceBlocks(space: SpaceReport, report: CheckReport, options: ReporterOptions): string[] {
  const { name, profile, rules, findings } = space;
  const isOnly = report.spaces.length === 1;
  const dot = options.ascii ? '-' : '·';
  if (findings.length === 0) {
    const time = isOnly ? ` ${dot} ${milliseconds(report.elapsedMs)}` : '';
    const mark = options.paint('green', options.ascii ? 'ok' : '✓');
    const left = space.ignored > 0 ? ` ${dot} ${space.ignored} ignored` : '';
    const line = `${mark} ${name} fits ${profile.name} ${dot} ${space.passed} rules${left}${time}`;
    return [[line, ...aboutLines(space, options), verdictLine(space, options)].join('\n')];
  }
  const head = `zerogpu check  ${options.paint('bold', name)} ${dot} platform ${profile.name} (as of ${profile.asOf}) ${dot} ${rules.length} rules`;
  const blocks = foldFindings(findings).map(({ shown, more }) =>
    [findingBlock(space, shown, options), ...moreLines(space, more, options)].join('\n'),
  );
  const last = [
    ...visitorLines(space, options.columns),
    ...aboutLines(space, options),
    isOnly ? summaryLine(space, report, options) : spaceLine(space, options),
    verdictLine(space, options),
  ];
  return [head, ...blocks, last.join('\n')];
}

function moreLines(
  space: SpaceReport,
  more: readonly ReportedFinding[],
  { columns }: ReporterOptions,
): string[] {
  if (more.length === 0) return [];
  const places = more.map(({ file, range }) => {
    const path = shownPath(space, file);
    return range ? `${path}:${range.line}` : path;
  });
  const named = places.slice(0, MOST_PLACES);
  const left = places.length - named.length;
  const list = `${named.join(', ')}${left > 0 ? ` and ${left} others` : ''}`;
  return wrap(`and ${more.length} more: ${list}`, columns - 2).map((line) => `  ${line}`);
}

/** A person looks at so many places of one finding; JSON has all. */
const MOST_PLACES = 8;

/** What was assumed, and what could not be checked. */
function aboutLines({ assumed, unchecked }: SpaceReport, { columns }: ReporterOptions): string[] {
  const line = (head: string, list: readonly string[]) =>
    list.length === 0
      ? []
      : wrap(`${head} ${list.join('; ')}`, columns - 2).map((part, index) =>
          index === 0 ? part : `  ${part}`,
        );
  return [...line('assumed:', assumed), ...line('not checked:', unchecked)];
}

/** `h200 (2025-11-05) 2 errors · rtx-pro-6000 (2026-09-04) fits`; one below the other on a narrow terminal. */
function verdictLine({ verdicts }: SpaceReport, { ascii, columns }: ReporterOptions): string {
  const word = ({ profile, asOf, errors, warnings }: ProfileVerdict): string => {
    const counts = countWords({ error: errors, warning: warnings, info: 0, advice: 0 });
    const what = errors > 0 ? counts : ['fits', ...counts];
    return `${profile} (${asOf.slice(0, 7)}) ${what.join(', ')}`;
  };
  const line = verdicts.map(word).join(ascii ? ' - ' : ' · ');
  if (line.length <= columns) return line;
  return verdicts.flatMap((verdict) => wrap(word(verdict), columns)).join('\n');
}

function findingBlock(
  space: SpaceReport,
  finding: ReportedFinding,
  options: ReporterOptions,
): string {
  const { message, note, help } = wordsFor(finding);
  const { paint, columns } = options;
  const { range, severity, rule } = finding;
  const path = shownPath(space, finding.file);
  const place = range ? `${path}:${range.line}:${range.column}` : path;
  const label = `${paint(COLOURS[severity], severity)} ${paint('bold', rule)}`;
  const plainHead = `${place}  ${severity} ${rule}  `;
  // What does not fit beside the place goes below it.
  const fits = `${plainHead}${message}`.length <= columns && !message.includes('\n');
  const lines = fits
    ? [`${place}  ${label}  ${message}`]
    : [`${place}  ${label}`, ...wrap(message, columns - 2).map((line) => `  ${line}`)];
  const source = space.sources.get(finding.file);
  if (range && source) lines.push(...snippet(source, range, note, COLOURS[severity], options));
  else if (note) lines.push(...wrap(note, columns - 4).map((line) => `    ${line}`));
  if (help) lines.push(...helpLines(help, finding, options));
  return lines.join('\n');
}

function helpLines(
  help: string,
  { fix }: ReportedFinding,
  { columns, paint }: ReporterOptions,
): string[] {
  const [first = '', ...more] = wrap(help, columns - 8);
  const word = fix ? 'fix:' : 'try:';
  const safe = fix?.safety === 'unsafe' ? 'with --fix --unsafe-fixes' : 'safe with --fix';
  const head = `  ${word} ${first}`;
  const gap = columns - head.length - safe.length;
  const tail = fix && gap >= 2 ? `${' '.repeat(gap)}${paint('dim', safe)}` : '';
  return [`${head}${tail}`, ...more.map((line) => `       ${line}`)];
}

/** What each tier gets of the functions, by what they declare. */
function visitorLines({ visits }: SpaceReport, columns: number): string[] {
  const lines = visits
    .slice(0, MOST_FUNCTIONS)
    .flatMap(({ name, declaredSeconds, calls }, index) => {
      const head = (index === 0 ? 'visitors' : '').padEnd(10);
      const tiers = TIERS.flatMap((tier) => {
        const count = calls[tier];
        if (count === undefined) return [];
        const unit = tier === 'anonymous' ? `${callsWord(count)}/day` : count;
        return [`${TIER_TITLES[tier]} ${unit}`];
      }).join('   ');
      const what = `(${name}, ${declaredSeconds} s each)`;
      const line = `${head} ${tiers.padEnd(46)} ${what}`;
      if (line.length <= columns) return [line];
      return [`${head} ${what}`, ...wrap(tiers, columns - 2).map((part) => `  ${part.trim()}`)];
    });
  const more = visits.length - MOST_FUNCTIONS;
  return more > 0 ? [...lines, `  and ${more} more functions; --json has all`] : lines;
}

function callsWord(calls: number): string {
  return calls === 1 ? '1 call' : `${calls} calls`;
}

function summaryLine(space: SpaceReport, report: CheckReport, options: ReporterOptions): string {
  const first = space.findings[0];
  const line = `${spaceLine(space, options)} in ${milliseconds(report.elapsedMs)}`;
  if (!first) return line;
  const more = `more: zerogpu explain ${first.rule}`;
  const isWide = line.length + 5 + more.length > options.columns;
  return isWide ? `${line}\n  ${more}` : `${line}     ${more}`;
}

function spaceLine(space: SpaceReport, options: ReporterOptions): string {
  const counts = countFindings([space]);
  const parts = [
    ...countWords(counts),
    `${space.passed} passed`,
    ...(space.ignored > 0 ? [`${space.ignored} ignored`] : []),
  ];
  return `${mark([space], options)} ${parts.join(', ')}`;
}

function total(report: CheckReport, options: ReporterOptions): string {
  const words = countWords(countFindings(report.spaces));
  const what = words.length === 0 ? 'nothing found' : words.join(', ');
  return `${mark(report.spaces, options)} ${report.spaces.length} Spaces: ${what} in ${milliseconds(report.elapsedMs)}`;
}

function mark(spaces: readonly SpaceReport[], { ascii, paint }: ReporterOptions): string {
  const isFailed = spaces.some(({ verdict }) => verdict.isFailed);
  switch (isFailed ? 'error' : gravest(spaces.flatMap(({ findings }) => findings))) {
    case 'error':
      return paint('red', ascii ? 'x' : '✗');
    case 'warning':
      return paint('yellow', '!');
    case 'info':
    case 'advice':
      return paint('blue', 'i');
    default:
      return paint('green', ascii ? 'ok' : '✓');
  }
}

function countWords(counts: Readonly<Record<Severity, number>>): string[] {
  const plural = (n: number, word: string) =>
    n === 0 ? [] : [`${n} ${word}${n === 1 ? '' : 's'}`];
  return [
    ...plural(counts.error, 'error'),
    ...plural(counts.warning, 'warning'),
    ...plural(counts.info, 'info'),
    ...(counts.advice > 0 ? [`${counts.advice} advice`] : []),
  ];
}

function milliseconds(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
