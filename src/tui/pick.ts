/** What of a snapshot is listed, and in which order: filter and sort, nothing else. */
import type {
  Snapshot,
  SnapshotCall,
  SnapshotQueueEntry,
  SnapshotSlice,
  SnapshotVisitor,
} from '../allocator/client/snapshot.js';
import type { UiState } from './ui-state.js';
import { TIER_WORDS } from './words.js';

export type Item =
  | { readonly kind: 'slice'; readonly id: string; readonly slice: SnapshotSlice }
  | { readonly kind: 'call'; readonly id: string; readonly entry: SnapshotQueueEntry }
  | { readonly kind: 'visitor'; readonly id: string; readonly visitor: SnapshotVisitor };

export interface Picked {
  readonly slices: readonly SnapshotSlice[];
  readonly queue: readonly SnapshotQueueEntry[];
  readonly visitors: readonly SnapshotVisitor[];
}

export function pick(snapshot: Snapshot, ui: UiState): Picked {
  const wanted = ui.filter.trim().toLowerCase();
  const has = (...texts: readonly string[]) =>
    wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted));
  const call = (one: SnapshotCall) =>
    has(`#${one.call}`, one.function, one.visitor, TIER_WORDS[one.tier], one.spaceName);
  const sliceHas = ({ index, use, call: holder, warm }: SnapshotSlice) =>
    has(`slice ${index}`, use, ...(warm ? [warm.function, warm.spaceName] : [])) ||
    (holder !== null && call(holder));
  return {
    slices: wanted === '' ? snapshot.slices : snapshot.slices.filter(sliceHas),
    queue: sortedQueue(snapshot.queue.entries.filter(call), ui.queueSort),
    visitors: sortedVisitors(
      snapshot.visitors.entries.filter(({ visitor, tier }) => has(visitor, TIER_WORDS[tier])),
      ui.quotaSort,
    ),
  };
}

function sortedQueue(entries: readonly SnapshotQueueEntry[], by: UiState['queueSort']) {
  switch (by) {
    case 'order':
      return entries;
    case 'waits':
      return entries.toSorted((a, b) => b.waitedSeconds - a.waitedSeconds);
    case 'asks':
      return entries.toSorted((a, b) => b.askedSeconds - a.askedSeconds);
    case 'visitor':
      return entries.toSorted((a, b) => compare(a.visitor, b.visitor));
  }
}

function sortedVisitors(entries: readonly SnapshotVisitor[], by: UiState['quotaSort']) {
  switch (by) {
    case 'activity':
      return entries;
    case 'left':
      return entries.toSorted((a, b) => a.leftSeconds - b.leftSeconds);
    case 'used':
      return entries.toSorted((a, b) => b.usedSeconds - a.usedSeconds);
    case 'visitor':
      return entries.toSorted((a, b) => compare(a.visitor, b.visitor));
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Everything that can be selected on this tab, from top to bottom. */
export function itemsOf(picked: Picked, tab: UiState['tab']): readonly Item[] {
  const shown = (one: UiState['tab']) => tab === 'all' || tab === one;
  return [
    ...(shown('gpu')
      ? picked.slices.map((slice): Item => ({ kind: 'slice', id: `slice:${slice.index}`, slice }))
      : []),
    ...(shown('queue')
      ? picked.queue.map((entry): Item => ({ kind: 'call', id: `call:${entry.call}`, entry }))
      : []),
    ...(shown('quota')
      ? picked.visitors.map(
          (visitor): Item => ({ kind: 'visitor', id: `visitor:${visitor.visitor}`, visitor }),
        )
      : []),
  ];
}

/**
 * The selected item; when it is gone, the one that took its place.
 *
 * @returns its index, -1 when nothing is selected
 */
export function selectedIndexOf(items: readonly Item[], ui: UiState): number {
  if (ui.selected === null || items.length === 0) return -1;
  const index = items.findIndex(({ id }) => id === ui.selected);
  return index >= 0 ? index : Math.min(Math.max(0, ui.selectedIndex), items.length - 1);
}

/** The call that an item is about: the one that waits, or the one that holds the slice. */
export function callOf(item: Item | undefined): SnapshotCall | null {
  if (item?.kind === 'call') return item.entry;
  return item?.kind === 'slice' ? item.slice.call : null;
}

/** Whose quota an item is about. */
export function visitorOf(item: Item | undefined): string | null {
  return item?.kind === 'visitor' ? item.visitor.visitor : (callOf(item)?.visitor ?? null);
}
