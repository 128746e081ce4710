/** A list in a box: what all three panels have in common. */
import type { Snapshot } from '../allocator/client/snapshot.js';
import { fitLine, type Line, line, printable, span } from './lines.js';
import type { Glyphs } from './style.js';
import { type Column, layTable } from './table.js';

/** A titled box with as many rows as it was given room for. */
export interface Panel {
  readonly id: 'gpu' | 'queue' | 'quota' | 'account';
  readonly title: string;
  readonly lines: readonly Line[];
}

/** What every panel needs to know of the whole. */
export interface PanelContext {
  readonly snapshot: Snapshot;
  readonly glyphs: Glyphs;
  /** Columns between the borders, pointer and margin included. */
  readonly innerWidth: number;
  /** Id of the selected item. */
  readonly selected: string | null;
}

export interface ListOptions<Row> {
  readonly id: Panel['id'];
  readonly name: string;
  /** Said behind the name: how many, sorted by what. */
  readonly facts: readonly string[];
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly idOf: (row: Row) => string;
  readonly withHead: boolean;
  readonly whenEmpty: string;
  /** Lines between the borders. */
  readonly height: number;
}

/** The part of a list that is on the screen: the selected row is always in it. */
export function windowOf(total: number, selected: number, rows: number): number {
  if (total <= rows) return 0;
  return Math.min(Math.max(0, selected - Math.floor(rows / 2)), total - rows);
}

/** A list in a box: as much of it as there is room for, the selected row always. */
export function listPanel<Row>(context: PanelContext, options: ListOptions<Row>): Panel {
  const { glyphs, innerWidth, selected } = context;
  const { rows, height } = options;
  const room = Math.max(1, height - (options.withHead ? 1 : 0));
  const at = rows.findIndex((row) => options.idOf(row) === selected);
  const first = windowOf(rows.length, at, room);
  const shown = rows.slice(first, first + room);
  const table = layTable(options.columns, shown, innerWidth - 3, glyphs.cut);
  const lines = shown.map((row, index) => {
    const here = options.idOf(row) === selected;
    const pointer = span(here ? `${glyphs.pointer} ` : '  ', here ? 'strong' : 'plain');
    const cells = table.rows[index] ?? [];
    return fitLine(
      [pointer, ...(here ? cells.map(({ text }) => span(text, 'strong')) : cells)],
      innerWidth,
      glyphs.cut,
    );
  });
  const head = fitLine([span('  '), ...table.head], innerWidth, glyphs.cut);
  const empty = fitLine(line(`  ${options.whenEmpty}`, 'dim'), innerWidth, glyphs.cut);
  const part =
    rows.length > room ? [`${first + 1} to ${first + shown.length} of ${rows.length}`] : [];
  return {
    id: options.id,
    title: [options.name, ...part, ...options.facts].join(` ${glyphs.separator} `),
    lines: rows.length === 0 ? [empty] : [...(options.withHead ? [head] : []), ...lines],
  };
}

/** `anonymous:10.0.0.7` as `anon 10.0.0.7`; others as they are. */
export function visitorName(visitor: string): string {
  return printable(visitor.replace(/^anonymous:/, 'anon '));
}
