import { EXIT, UserError } from '../../shared/errors.js';
import { isSameProcess, type ProcessId, type SliceSpec } from '../../shared/host.js';
import type { AllocatorState } from '../core/types.js';

/** Every process that the state of before speaks of, dead or alive. */
export function knownProcesses(state: AllocatorState): readonly ProcessId[] {
  return [
    ...[...state.leases.values()].flatMap(({ process }) => process ?? []),
    ...state.warmWorkers.map(({ process }) => process),
    ...[...state.spaces.values()].flatMap(({ root }) => root ?? []),
  ];
}

/**
 * Workers that live hold slices by number: on another set of GPUs those numbers mean something else.
 *
 * @throws UserError E_GPU_UNAVAILABLE
 */
export function assertSameGpus(
  state: AllocatorState,
  slices: readonly SliceSpec[],
  alive: readonly ProcessId[],
): void {
  const workers = [...state.leases.values(), ...state.warmWorkers].filter(({ process }) =>
    alive.some((other) => isSameProcess(other, process)),
  );
  if (workers.length === 0 || describe(state.slices) === describe(slices)) return;
  throw new UserError('E_GPU_UNAVAILABLE', `${workers.length} workers still run on other GPUs`, {
    why: `They belong to Spaces that were started with ${state.slices.length} slices; now there are ${slices.length}.`,
    fix: ['start with the same --gpus as before', 'or stop those Spaces first'],
    exitCode: EXIT.cannot,
  });
}

function describe(slices: readonly SliceSpec[]): string {
  return slices.map(({ index, gpu, uuid }) => `${index}/${gpu}/${uuid}`).join(' ');
}
