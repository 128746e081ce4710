/**
 * What happens next: a binary heap of (time, kind, id), in arrays of numbers so that a million
 * pending events cost no object each. Events of one time leave in the order in which they came.
 */
export interface EventHeap {
  /** When the next event happens; Infinity when nothing is left. */
  readonly nextMs: number;
  push(timeMs: number, kind: number, id: number): void;
  /** False when nothing is left; else the fields below hold the event. */
  pop(): boolean;
  readonly timeMs: number;
  readonly kind: number;
  readonly id: number;
}

export function createHeap(): EventHeap {
  return new Heap();
}

class Heap implements EventHeap {
  timeMs = 0;
  kind = 0;
  id = 0;
  private readonly times: number[] = [];
  private readonly orders: number[] = [];
  private readonly kinds: number[] = [];
  private readonly ids: number[] = [];
  private pushed = 0;

  get nextMs(): number {
    return this.times[0] ?? Number.POSITIVE_INFINITY;
  }

  push(timeMs: number, kind: number, id: number): void {
    const order = this.pushed;
    this.pushed += 1;
    let place = this.times.length;
    this.times.push(timeMs);
    this.orders.push(order);
    this.kinds.push(kind);
    this.ids.push(id);
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!this.isBefore(timeMs, order, parent)) break;
      this.move(parent, place);
      place = parent;
    }
    this.put(place, timeMs, order, kind, id);
  }

  pop(): boolean {
    const last = this.times.length - 1;
    if (last < 0) return false;
    this.timeMs = this.times[0] ?? 0;
    this.kind = this.kinds[0] ?? 0;
    this.id = this.ids[0] ?? 0;
    const timeMs = this.times.pop() ?? 0;
    const order = this.orders.pop() ?? 0;
    const kind = this.kinds.pop() ?? 0;
    const id = this.ids.pop() ?? 0;
    if (last === 0) return true;
    let place = 0;
    for (let child = 1; child < last; child = place * 2 + 1) {
      const other = child + 1;
      const least = other < last && this.isLess(other, child) ? other : child;
      if (this.isBefore(timeMs, order, least)) break;
      this.move(least, place);
      place = least;
    }
    this.put(place, timeMs, order, kind, id);
    return true;
  }

  private isBefore(timeMs: number, order: number, place: number): boolean {
    const other = this.times[place] ?? 0;
    return timeMs < other || (timeMs === other && order < (this.orders[place] ?? 0));
  }

  private isLess(a: number, b: number): boolean {
    return this.isBefore(this.times[a] ?? 0, this.orders[a] ?? 0, b);
  }

  private move(from: number, to: number): void {
    this.put(
      to,
      this.times[from] ?? 0,
      this.orders[from] ?? 0,
      this.kinds[from] ?? 0,
      this.ids[from] ?? 0,
    );
  }

  private put(place: number, timeMs: number, order: number, kind: number, id: number): void {
    this.times[place] = timeMs;
    this.orders[place] = order;
    this.kinds[place] = kind;
    this.ids[place] = id;
  }
}
