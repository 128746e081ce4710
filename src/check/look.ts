/** How a report is written: what was asked for, and what the terminal allows. */
import { choosePaint } from '../shared/paint.js';
import type { World } from '../shared/world.js';
import type { Format } from './formats.js';
import type { CheckReport } from './report.js';
import { reporters } from './reporters/index.js';
import { statisticsOf, statisticsText } from './reporters/statistics.js';
import { repositoryRoot } from './repository.js';

export interface Look {
  readonly format: Format;
  readonly color: 'auto' | 'always' | 'never';
  readonly ascii: boolean;
  /** How often each rule found something, in place of the findings. */
  readonly statistics: boolean;
}

export type LookWorld = Pick<World, 'env' | 'cwd' | 'stdout'>;

/**
 * The report as text.
 *
 * @param isToFile whether it goes to a file, which is not a terminal
 */
export function writtenReport(
  report: CheckReport,
  { format, color, ascii, statistics }: Look,
  { env, cwd, stdout }: LookWorld,
  version: string,
  isToFile: boolean,
): string {
  if (statistics) {
    if (format === 'json') return `${JSON.stringify(statisticsOf(report), null, 2)}\n`;
    return statisticsText(report);
  }
  const isTerminal = stdout.isTTY === true && !isToFile;
  const [first] = report.spaces;
  return reporters[format](report, {
    paint: choosePaint(color, env, isTerminal),
    ascii,
    columns: Math.max(40, (isTerminal ? stdout.columns : undefined) ?? 80),
    version,
    repositoryRoot: repositoryRoot(first?.dir ?? cwd),
  });
}
