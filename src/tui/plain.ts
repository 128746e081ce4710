/** The view without a terminal: one table that other programs can cut. */
import type { Snapshot, SnapshotVisitor } from '../allocator/client/snapshot.js';
import { printable } from './lines.js';

const HEAD = ['visitor', 'tier', 'used_s', 'left_s', 'resets_at'];

/** Every visitor's quota, tab-separated, seconds as numbers; a full quota resets never. */
export function plainTable(snapshot: Snapshot): string {
  return quotaTable(snapshot.visitors.entries);
}

export function quotaTable(visitors: readonly SnapshotVisitor[]): string {
  const rows = visitors.map((visitor) => [
    printable(visitor.visitor),
    visitor.tier,
    tenths(visitor.usedSeconds),
    tenths(visitor.leftSeconds),
    visitor.resetsAt ?? '',
  ]);
  return [HEAD, ...rows].map((cells) => `${cells.join('\t')}\n`).join('');
}

const tenths = (seconds: number): string => String(Math.round(seconds * 10) / 10);
