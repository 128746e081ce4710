import type { Paint } from '../../shared/paint.js';
import type { CheckReport } from '../report.js';

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
