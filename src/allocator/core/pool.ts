/**
 * Who holds which slice, and where the next call can go.
 *
 * A slice is in exactly one of these uses:
 *   leased  a call holds it
 *   dying   a kill was sent; it is free when the process is known dead, not before
 *   warm    a worker waits there for the next call of its task, and its VRAM with it
 *   empty   no process is there
 *   lost    its card is gone: no call is placed there, whoever still runs
 * and, within one pass over the queue, `claimed` for a waiter who gets it as soon as it is empty.
 *
 * A slice has at most one warm worker: its VRAM must go before another task comes. So a task has
 * at most one per nvidiaIndex, which is how the package keys its workers.
 *
 * The pool is built again for each pass, O(slices): no second copy has to be kept in step.
 */
import type { SliceSpec } from '../../shared/host.js';
import { latestEndMs } from './lease.js';
import { slicesNeeded } from './sizes.js';
import type { AllocatorState, Waiter, WarmWorker } from './types.js';

type SliceUse = 'leased' | 'dying' | 'warm' | 'empty' | 'lost' | 'claimed';

export interface Pool {
  /** By the index of the slice, as the next two. */
  readonly uses: SliceUse[];
  readonly warmOn: WarmWorker[];
  /** When the call on a leased slice is over at the latest, on the monotonic clock. */
  readonly busyUntilMs: (number | undefined)[];
  /** Slice indexes of each GPU, ascending. */
  readonly gpus: ReadonlyMap<number, readonly number[]>;
  /** GPUs kept for a waiter that needs several slices of one (see `holdBack`). */
  readonly heldBack: Set<number>;
  /** Slices that each Space holds or has claimed. */
  readonly heldBySpace: Map<string, number>;
}

export type Place =
  /** The task's own worker is warm there. */
  | { readonly kind: 'warm'; readonly worker: WarmWorker }
  | { readonly kind: 'empty'; readonly slices: readonly number[] }
  /** Nothing runs there, but processes must die first; `evict` are those not yet killed. */
  | {
      readonly kind: 'after-death';
      readonly slices: readonly number[];
      readonly evict: readonly WarmWorker[];
    };

export function openPool(state: AllocatorState): Pool {
  const pool: Pool = {
    uses: [],
    warmOn: [],
    busyUntilMs: [],
    gpus: gpusOf(state.slices),
    heldBack: new Set(),
    heldBySpace: new Map(),
  };
  for (const slice of state.slices) pool.uses[slice.index] = 'empty';
  for (const worker of state.warmWorkers) {
    for (const index of worker.slices) {
      pool.uses[index] = worker.evicting ? 'dying' : 'warm';
      pool.warmOn[index] = worker;
    }
  }
  for (const lease of state.leases.values()) {
    const endsAtMs = latestEndMs(state, lease);
    for (const index of lease.slices) {
      pool.uses[index] = lease.killing ? 'dying' : 'leased';
      pool.busyUntilMs[index] = endsAtMs;
    }
    countForSpace(pool, lease.space, lease.slices.length);
  }
  for (const index of state.lost) {
    pool.uses[index] = 'lost';
    pool.busyUntilMs[index] = undefined;
  }
  return pool;
}

const GPUS_OF = new WeakMap<readonly SliceSpec[], ReadonlyMap<number, readonly number[]>>();

/** The list of slices is never changed, only replaced: the grouping is kept beside it. */
function gpusOf(slices: readonly SliceSpec[]): ReadonlyMap<number, readonly number[]> {
  const known = GPUS_OF.get(slices);
  if (known) return known;
  const gpus = new Map<number, number[]>();
  for (const { gpu, index } of slices) {
    const siblings = gpus.get(gpu) ?? [];
    siblings.push(index);
    gpus.set(gpu, siblings);
  }
  GPUS_OF.set(slices, gpus);
  return gpus;
}

/** True while any slice could still be given to somebody in this pass. */
export function hasRoom(pool: Pool): boolean {
  for (const [gpu, slices] of pool.gpus) {
    if (pool.heldBack.has(gpu)) continue;
    if (slices.some((index) => isOpen(pool, index))) return true;
  }
  return false;
}

/** True when the Space holds as many slices as it may, with this call's added. */
export function isAtConcurrencyLimit(
  state: AllocatorState,
  pool: Pool,
  waiter: Pick<Waiter, 'space' | 'size'>,
): boolean {
  const limit = state.rules.concurrencyPerSpace;
  if (limit === null) return false;
  const held = pool.heldBySpace.get(waiter.space) ?? 0;
  return held + slicesNeeded(state, waiter.size) > limit;
}

/**
 * The best place for a waiter now: its own warm worker; else empty slices; else slices that can be
 * emptied by letting as few warm workers die as possible, those idle longest first. Null when
 * calls that run are in the way. O(slices).
 */
export function findPlace(state: AllocatorState, pool: Pool, waiter: Waiter): Place | null {
  const own = findOwnWarmWorker(state, pool, waiter);
  if (own) return { kind: 'warm', worker: own };
  const need = slicesNeeded(state, waiter.size);
  return findEmpty(pool, need) ?? findAfterDeath(pool, need);
}

/** Gives slices to somebody for the rest of this pass. */
export function take(
  pool: Pool,
  space: string,
  slices: readonly number[],
  use: 'leased' | 'claimed',
): void {
  for (const index of slices) pool.uses[index] = use;
  countForSpace(pool, space, slices.length);
}

/**
 * A waiter that needs several slices of one GPU can't run yet: no waiter behind it gets a slice of
 * the GPU that its calls will leave first. Without this, calls of one slice would take each slice
 * that falls free, for ever. No call begins on a GPU that is kept, and another is kept only when it
 * will be left sooner still: the wait ends at the latest at the deadlines known when it began.
 */
export function holdBack(state: AllocatorState, pool: Pool, waiter: Waiter): void {
  const need = slicesNeeded(state, waiter.size);
  if (need === 1) return;
  let best: { gpu: number; freeAtMs: number } | null = null;
  for (const [gpu, slices] of pool.gpus) {
    if (pool.heldBack.has(gpu) || slices.length < need) continue;
    const freeAtMs = freeAt(pool, slices, need);
    if (best === null || freeAtMs < best.freeAtMs) best = { gpu, freeAtMs };
  }
  if (best) pool.heldBack.add(best.gpu);
}

/** When `need` of these slices will be free at the latest. */
function freeAt(pool: Pool, slices: readonly number[], need: number): number {
  const times = slices.map((index) =>
    isOpen(pool, index) ? 0 : (pool.busyUntilMs[index] ?? Number.POSITIVE_INFINITY),
  );
  return times.sort((a, b) => a - b)[need - 1] ?? Number.POSITIVE_INFINITY;
}

function findOwnWarmWorker(
  state: AllocatorState,
  pool: Pool,
  waiter: Waiter,
): WarmWorker | undefined {
  // The last in the list went idle last: its caches are the warmest.
  return state.warmWorkers.findLast(
    (worker) =>
      !worker.evicting &&
      worker.space === waiter.space &&
      worker.taskId === waiter.taskId &&
      worker.size === waiter.size &&
      worker.slices.every((index) => pool.uses[index] === 'warm') &&
      !isHeldBack(pool, worker),
  );
}

/** Empty slices of one GPU: of the fullest that has enough, to keep whole GPUs whole. */
function findEmpty(pool: Pool, need: number): Place | null {
  let best: readonly number[] | null = null;
  for (const [gpu, slices] of pool.gpus) {
    if (pool.heldBack.has(gpu)) continue;
    const empty = slices.filter((index) => pool.uses[index] === 'empty');
    if (empty.length >= need && (best === null || empty.length < best.length)) best = empty;
  }
  return best && { kind: 'empty', slices: best.slice(0, need) };
}

function findAfterDeath(pool: Pool, need: number): Place | null {
  let best: { slices: readonly number[]; evict: readonly WarmWorker[] } | null = null;
  for (const [gpu, slices] of pool.gpus) {
    if (pool.heldBack.has(gpu)) continue;
    const open = slices.filter((index) => isOpen(pool, index));
    if (open.length < need) continue;
    const chosen = open.sort((a, b) => emptiedBefore(pool, a, b)).slice(0, need);
    const evict = [...new Set(chosen.map((index) => pool.warmOn[index]))].filter(
      (worker): worker is WarmWorker => worker !== undefined && !worker.evicting,
    );
    if (best === null || isGentler(evict, best.evict)) best = { slices: chosen, evict };
  }
  return best && { kind: 'after-death', ...best };
}

/** Empty and dying slices before warm ones; of those, the one idle longest. */
function emptiedBefore(pool: Pool, a: number, b: number): number {
  return idleSince(pool, a) - idleSince(pool, b) || a - b;
}

function idleSince(pool: Pool, index: number): number {
  if (pool.uses[index] !== 'warm') return Number.NEGATIVE_INFINITY;
  return pool.warmOn[index]?.since.monotonicMs ?? Number.NEGATIVE_INFINITY;
}

function isGentler(a: readonly WarmWorker[], b: readonly WarmWorker[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  const newest = (workers: readonly WarmWorker[]) =>
    Math.max(...workers.map((worker) => worker.since.monotonicMs));
  return a.length > 0 && newest(a) < newest(b);
}

/** No call runs there and no waiter ahead has claimed it. */
function isOpen(pool: Pool, index: number): boolean {
  const use = pool.uses[index];
  return use === 'empty' || use === 'warm' || use === 'dying';
}

function isHeldBack(pool: Pool, worker: WarmWorker): boolean {
  for (const gpu of pool.heldBack) {
    if (pool.gpus.get(gpu)?.some((index) => worker.slices.includes(index))) return true;
  }
  return false;
}

function countForSpace(pool: Pool, space: string, slices: number): void {
  pool.heldBySpace.set(space, (pool.heldBySpace.get(space) ?? 0) + slices);
}
