/** Whether a terminal has room for the view. */
import { type Size, SMALLEST } from './view-model.js';

export const isTooSmall = ({ columns, rows }: Size): boolean =>
  columns < SMALLEST.columns || rows < SMALLEST.rows;

export function tooSmall({ columns, rows }: Size): string {
  return `This terminal is ${columns} x ${rows + 1}; the view needs ${SMALLEST.columns} x ${SMALLEST.rows + 1}. q leaves`;
}
