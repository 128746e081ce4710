import type { Paint } from '../../shared/paint.js';
import type { Format } from '../formats.js';
import type { CheckReport } from '../report.js';
import { reportAgent } from './agent.js';
import { reportCompact } from './compact.js';
import { reportGithub } from './github.js';
import { reportJson } from './json.js';
import { reportJunit } from './junit.js';
import { onTerminal } from './printable-report.js';
import { reportSarif } from './sarif.js';
import { reportText } from './text.js';

export interface ReporterOptions {
  readonly paint: Paint;
  readonly ascii: boolean;
  /** Width of the terminal, in columns. */
  readonly columns: number;
  readonly version: string;
  /** Absolute; what paths in `github` and `sarif` are relative to. */
  readonly repositoryRoot: string;
}

/** The whole report as text, with a line end at the end. It builds no sentence of its own about a finding. */
export type Reporter = (report: CheckReport, options: ReporterOptions) => string;

/** Adding a format is adding a file and a line. */
export const reporters = {
  text: onTerminal(reportText),
  compact: onTerminal(reportCompact),
  json: reportJson,
  github: onTerminal(reportGithub),
  sarif: reportSarif,
  junit: reportJunit,
  agent: onTerminal(reportAgent),
} satisfies Record<Format, Reporter>;
