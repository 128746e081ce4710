/** One allocator core on a virtual clock: the server's `step`, without a server. */
import { createState, step } from '../allocator/core/index.js';
import type {
  AllocatorEvent,
  AllocatorRules,
  AllocatorState,
  Effect,
} from '../allocator/core/types.js';
import type { Instant } from '../shared/clock.js';
import type { SliceSpec } from '../shared/host.js';

/** An event without its time. */
export type EventBody = AllocatorEvent extends infer E
  ? E extends AllocatorEvent
    ? Omit<E, 'at'>
    : never
  : never;

export class VirtualHost {
  state: AllocatorState;
  /** When the core wants a tick, on the monotonic clock; null when nothing is pending. */
  nextTickMs: number | null = null;

  /** @param accounts the quota book, when several hosts share one */
  constructor(
    rules: AllocatorRules,
    slices: readonly SliceSpec[],
    accounts?: AllocatorState['accounts'],
  ) {
    const state = createState(rules, slices);
    this.state = accounts ? { ...state, accounts } : state;
  }

  send(body: EventBody, at: Instant): readonly Effect[] {
    return this.apply({ ...body, at } as AllocatorEvent);
  }

  apply(event: AllocatorEvent): readonly Effect[] {
    const result = step(this.state, event);
    this.nextTickMs = result.nextTickMonotonicMs;
    return result.effects;
  }
}

/** Slices 0, 1, 2 … of so many GPUs. */
export function makeSlices(
  gpus: number,
  slicesPerGpu: number,
  vramBytes: number,
): readonly SliceSpec[] {
  return Array.from({ length: gpus * slicesPerGpu }, (_, index) => ({
    index,
    gpu: Math.floor(index / slicesPerGpu),
    uuid: `GPU-${index}`,
    vramBytes,
  }));
}
