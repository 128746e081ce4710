/** Tables that keep what matters when the terminal is narrow. */
import { type Line, line, pad, type Span, span, type Tone, widthOf } from './lines.js';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Columns of a narrow terminal go in this order, highest first; 0 stays. */
  readonly drop: number;
  /** Never wider than this. */
  readonly max?: number;
  cell(row: Row): string;
  tone?(row: Row): Tone;
}

export interface Table {
  readonly head: Line;
  readonly rows: readonly Line[];
}

const GAP = 2;

/**
 * Lays rows out in so many columns: a column is as wide as its widest cell; while they don't fit, the
 * most dispensable one goes, and if the last ones don't fit either, the widest is cut.
 *
 * @param rows those that are on the screen; others don't count for the widths
 */
export function layTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  cutMark: string,
): Table {
  let kept = columns.map((column) => {
    const cells = rows.map((row) => column.cell(row));
    const natural = Math.max(widthOf(column.title), ...cells.map(widthOf));
    return { column, cells, size: Math.min(natural, column.max ?? natural) };
  });
  const total = () => kept.reduce((sum, { size }) => sum + size + GAP, -GAP);
  while (total() > width) {
    const worst = Math.max(...kept.map(({ column }) => column.drop));
    if (worst === 0) break;
    kept = kept.filter(({ column }) => column.drop !== worst);
  }
  for (let over = total() - width; over > 0; over = total() - width) {
    const widest = kept.reduce((a, b) => (b.size > a.size ? b : a));
    if (widest.size <= 3) break;
    widest.size -= 1;
  }
  const joined = (spans: readonly Span[]): Line =>
    spans.flatMap((one, index) => (index === 0 ? [one] : [span(' '.repeat(GAP)), one]));
  return {
    head: line(
      kept
        .map(({ column, size }) => pad(column.title, size, column.align, cutMark))
        .join(' '.repeat(GAP)),
      'dim',
    ),
    rows: rows.map((row, index) =>
      joined(
        kept.map(({ column, cells, size }) =>
          span(pad(cells[index] ?? '', size, column.align, cutMark), column.tone?.(row) ?? 'plain'),
        ),
      ),
    ),
  };
}
