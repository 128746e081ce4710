import type { Format } from '../formats.js';
import { reportAgent } from './agent.js';
import { reportCompact } from './compact.js';
import { reportGithub } from './github.js';
import { reportJson } from './json.js';
import { reportJunit } from './junit.js';
import { onTerminal } from './printable-report.js';
import type { Reporter } from './reporter.js';
import { reportSarif } from './sarif.js';
import { reportText } from './text.js';

export type { ReporterOptions } from './reporter.js';

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
