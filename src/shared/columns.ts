/**
 * Rows of cells as lines of text: each column as wide as its widest cell, two blanks between them.
 *
 * @param rightFrom the first column whose cells stand to the right, as numbers do
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  rightFrom = Number.POSITIVE_INFINITY,
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < rightFrom ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
