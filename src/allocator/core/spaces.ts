/**
 * The Spaces of this host: who may come, and what goes with one that leaves.
 *
 * A Space that registers again under its id is the same Space that lost touch: it keeps its place.
 */

import type { PlatformProfile } from '../../platform/schema.js';
import { isSameProcess, type ProcessId } from '../../shared/host.js';
import { evict } from './grant-waiting.js';
import { killLease } from './lease.js';
import type { Turn } from './turn.js';
import type { Owner, RegisterSpaceEvent, SpaceGoneEvent, SpaceStartedEvent } from './types.js';
import { abandon } from './waiting.js';

/** Takes the Space in, unless its owner hosts as many as the platform allows. */
export function onRegisterSpace(turn: Turn, event: RegisterSpaceEvent): void {
  const { spaces } = turn.state;
  const { requestId, space: id, name, owner, root } = event;
  const limit = hostingLimit(turn.state.rules.profile, owner.kind);
  const hosted = [...spaces.values()].filter((space) => space.owner.name === owner.name).length;
  if (!spaces.has(id) && hosted >= limit) {
    turn.effects.push({ type: 'space-refused', requestId, hosted, limit });
    return;
  }
  const known = spaces.get(id);
  // One that is new here and runs already has started elsewhere: its calls are visitors'.
  const startup = known?.startup ?? { over: root !== null, defaultSize: 'large' };
  spaces.set(id, { id, name, owner, root: root ?? known?.root ?? null, startup });
  if (root) turn.effects.push({ type: 'watch', process: root });
  turn.effects.push({ type: 'space-registered', requestId });
}

export function onSpaceStarted(turn: Turn, event: SpaceStartedEvent): void {
  const space = turn.state.spaces.get(event.space);
  if (!space) return;
  space.root = event.root;
  turn.effects.push({ type: 'watch', process: event.root });
}

/** The app of a Space ended: its waiters, leases and warm workers go. */
export function onSpaceGone(turn: Turn, event: Pick<SpaceGoneEvent, 'space'>): void {
  const { state } = turn;
  state.spaces.delete(event.space);
  for (const waiter of state.queue.filter((other) => other.space === event.space)) {
    abandon(turn, waiter, 'space-gone');
  }
  for (const lease of state.leases.values()) {
    if (lease.space === event.space) killLease(turn, lease, 'space-gone');
  }
  for (const worker of state.warmWorkers) {
    if (worker.space === event.space) evict(turn, worker, 'space-gone');
  }
}

/** The app of a Space is dead, whoever noticed. */
export function onRootDied(turn: Turn, process: ProcessId): void {
  for (const space of [...turn.state.spaces.values()]) {
    if (space.root && isSameProcess(space.root, process)) onSpaceGone(turn, { space: space.id });
  }
}

/** How many ZeroGPU Spaces an owner of this kind may have. */
export function hostingLimit(
  { hosting }: Pick<PlatformProfile, 'hosting'>,
  kind: Owner['kind'],
): number {
  const { freeSpaces, proSpaces, organizationSpaces } = hosting;
  switch (kind) {
    case 'free':
      return freeSpaces;
    case 'pro':
      return proSpaces;
    case 'organization':
      return organizationSpaces;
  }
}
