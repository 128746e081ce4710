/**
 * A first-in-first-out list as plain data.
 *
 * An array whose front is only stepped over: `shift` would move every element, and a `Map` used as
 * a queue walks over its deleted front each time. Every operation is O(1), amortized.
 */
import type { Fifo } from './types.js';

/** Stepped-over elements are dropped when there are at least this many and they are the majority. */
const COMPACT_AT = 64;

export function createFifo<T>(): Fifo<T> {
  return { items: [], head: 0 };
}

export function pushLast<T>(fifo: Fifo<T>, item: T): void {
  fifo.items.push(item);
}

export function peekFirst<T>(fifo: Fifo<T>): T | undefined {
  return fifo.items[fifo.head];
}

export function dropFirst<T>(fifo: Fifo<T>): void {
  fifo.head += 1;
  if (fifo.head < COMPACT_AT || fifo.head * 2 < fifo.items.length) return;
  fifo.items.splice(0, fifo.head);
  fifo.head = 0;
}
