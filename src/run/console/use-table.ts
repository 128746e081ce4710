import { formatBytes } from '../../shared/bytes.js';
import { formatSeconds } from '../../shared/duration.js';
import { percentile } from '../../shared/percentile.js';
import type { FunctionUse } from './call-log.js';

/** Room above the 95th percentile: durations vary, and a killed call costs more than a longer wait. */
const MARGIN = 1.25;
/** Durations that a person would write. */
const ROUND_SECONDS = [
  5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1500,
];
/** Below this many finished calls a percentile says little; advice then says so. */
const FEW_CALLS = 5;

/** One line per function: what was declared, what was used, and what to declare instead. */
export interface UseRow {
  readonly name: string;
  /** Made before `launch()`, charged to no visitor. */
  readonly startup: boolean;
  readonly calls: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly declaredSeconds: number;
  readonly killed: number;
  readonly refused: number;
  /** Null when no call touched the device. */
  readonly peakVramBytes: number | null;
  /** Null when there is nothing better to say than what is declared. */
  readonly suggestedSeconds: number | null;
  readonly advice: string;
}

/**
 * Declared durations decide admission and queue place on the platform: this table says what fits.
 *
 * @param weightless the calls computed nothing: their seconds say nothing about durations
 */
export function usageRows(
  uses: readonly FunctionUse[],
  { weightless = false }: { readonly weightless?: boolean } = {},
): readonly UseRow[] {
  return uses.map((use) => {
    const used = [...use.usedSeconds].sort((a, b) => a - b);
    const declared = Math.max(0, ...use.askedSeconds);
    const p95 = percentile(used, 0.95) ?? 0;
    return {
      name: use.name,
      startup: use.startup,
      calls: used.length,
      p50Seconds: percentile(used, 0.5) ?? 0,
      p95Seconds: p95,
      declaredSeconds: declared,
      killed: use.killed,
      refused: use.refused,
      peakVramBytes: use.peakVramBytes,
      ...(use.startup
        ? STARTUP_ADVICE
        : weightless
          ? WEIGHTLESS_ADVICE
          : advise(used.length, p95, declared, use.killed)),
    };
  });
}

/** No visitor waits for it or pays for it: a shorter duration gains nothing. */
const STARTUP_ADVICE = { suggestedSeconds: null, advice: 'start-up, no quota charged' };

/** Seconds of a device that computes nothing are no measure of the platform's. */
const WEIGHTLESS_ADVICE = { suggestedSeconds: null, advice: 'zerogpu estimate says' };

function advise(calls: number, p95: number, declared: number, killed: number) {
  if (calls === 0) return { suggestedSeconds: null, advice: 'no call finished' };
  if (killed > 0) return { suggestedSeconds: null, advice: 'more, or fewer steps' };
  const suggested = roundUp(p95);
  if (suggested >= declared) return { suggestedSeconds: null, advice: 'fits' };
  const factor = Math.floor(declared / suggested);
  const gain = factor >= 2 ? ` (${factor}x the visitors)` : '';
  const few = calls < FEW_CALLS ? `, from ${calls} call${calls === 1 ? '' : 's'}` : '';
  return { suggestedSeconds: suggested, advice: `${formatSeconds(suggested)}${gain}${few}` };
}

/** The duration to declare for calls that take so many seconds, with room above them. */
export function roundUp(p95Seconds: number): number {
  const seconds = p95Seconds * MARGIN;
  return ROUND_SECONDS.find((candidate) => candidate >= seconds) ?? Math.ceil(seconds / 60) * 60;
}

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  cell(row: UseRow): string;
}

const COLUMNS: readonly Column[] = [
  { title: 'function', align: 'left', cell: (row) => row.name },
  { title: 'calls', align: 'right', cell: (row) => String(row.calls) },
  {
    title: 'used p50 / p95',
    align: 'right',
    cell: (row) => `${formatSeconds(row.p50Seconds)} / ${formatSeconds(row.p95Seconds)}`,
  },
  { title: 'declared', align: 'right', cell: (row) => formatSeconds(row.declaredSeconds) },
  { title: 'killed', align: 'right', cell: (row) => String(row.killed) },
  {
    title: 'peak VRAM',
    align: 'right',
    cell: ({ peakVramBytes }) => (peakVramBytes === null ? '-' : formatBytes(peakVramBytes)),
  },
  { title: 'declare instead', align: 'left', cell: (row) => row.advice },
];

/** The table as text lines, aligned; empty when no function was called. */
export function renderUseTable(rows: readonly UseRow[]): readonly string[] {
  if (rows.length === 0) return [];
  const columns = COLUMNS.map(({ title, align, cell }) => {
    const cells = [title, ...rows.map(cell)];
    const width = Math.max(...cells.map((text) => text.length));
    return cells.map((text) => (align === 'left' ? text.padEnd(width) : text.padStart(width)));
  });
  return [-1, ...rows.keys()].map((index) =>
    columns
      .map((cells) => cells[index + 1])
      .join('  ')
      .trimEnd(),
  );
}
