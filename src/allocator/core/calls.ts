/**
 * What the package says about a granted call, and what we learn of its process.
 *
 * /allow   200 for the pid that holds the token, also when it asks again; 409 for any other pid;
 *          404 when the token is unknown, over, or under the knife.
 * /release 200, or 204 when the device was never touched; the same again for the same token; 404
 *          when we ended the call ourselves or never knew it.
 */
import { isSameProcess, type ProcessId } from '../../shared/host.js';
import { beginLease, endLease, loseProcess } from './lease.js';
import { recallRelease, rememberRelease } from './state.js';
import { record, type Turn } from './turn.js';
import type { AllocatorState, AllowEvent, Lease, ProcessDiedEvent, ReleaseEvent } from './types.js';

/** Binds a process to the lease: from now on it may use the GPU, and is watched. */
export function onAllow(turn: Turn, event: AllowEvent): void {
  const lease = turn.state.leases.get(event.allowToken);
  const status = allowStatus(turn.state, lease, event.process);
  if (lease && status === 200 && !isHolder(lease, event.process)) bind(turn, lease, event.process);
  turn.effects.push({ type: 'status', requestId: event.requestId, status });
}

/** Ends the call. A good worker stays warm on its slices; a failed one is killed. */
export function onRelease(turn: Turn, event: ReleaseEvent): void {
  const { state } = turn;
  const { requestId, allowToken, fail, gpuUsed, peakVramBytes } = event;
  const lease = state.leases.get(allowToken);
  // Once our kill is out, the release is the package's echo of it: the death ends the lease.
  if (!lease || lease.killing) {
    const status = lease ? 404 : (recallRelease(state.released, allowToken) ?? 404);
    turn.effects.push({ type: 'status', requestId, status });
    return;
  }
  const status = fail || gpuUsed ? 200 : 204;
  endLease(turn, lease, fail ? 'failed' : 'released', { gpuUsed, peakVramBytes });
  leaveWorker(turn, lease, fail);
  rememberRelease(state.released, allowToken, status);
  turn.effects.push({ type: 'status', requestId, status });
}

/** Its slices are free now. A process that we don't know of changes nothing. */
export function onProcessDied(turn: Turn, event: ProcessDiedEvent): void {
  const { state } = turn;
  const isDead = (process: ProcessId) => isSameProcess(process, event.process);
  state.warmWorkers = state.warmWorkers.filter((worker) => !isDead(worker.process));
  for (const lease of state.leases.values()) {
    if (lease.process && isDead(lease.process)) loseProcess(turn, lease);
  }
}

function allowStatus(
  state: AllocatorState,
  lease: Lease | undefined,
  process: ProcessId,
): 200 | 404 | 409 {
  if (!lease || lease.killing) return 404;
  if (isHolder(lease, process)) return 200;
  // A deadline kills the allowed process: never init, and never one that runs another call.
  if (process.pid <= 1 || isKnown(state, process)) return 409;
  const isTaken = lease.process !== null && (lease.allowed || !lease.warm);
  return isTaken ? 409 : 200;
}

function bind(turn: Turn, lease: Lease, process: ProcessId): void {
  const stale = lease.process;
  if (lease.startedAt) lease.process = process;
  else beginLease(turn, lease, process);
  lease.allowed = true;
  // A new worker for a warm call: the package forks one only when the warm one is dead.
  if (stale) turn.effects.push({ type: 'kill', process: stale, why: 'evicted' });
  record(turn, lease, { event: 'allowed', process });
  turn.effects.push({ type: 'watch', process });
}

/**
 * After `fail` the package forgets its worker without ending it (also when only the answer could
 * not be pickled), so that it would hold its VRAM for ever.
 */
function leaveWorker(turn: Turn, lease: Lease, fail: boolean): void {
  const { space, taskId, size, slices, process } = lease;
  if (!process) return;
  turn.state.warmWorkers.push({
    ...{ space, taskId, size, slices, process },
    since: turn.at,
    evicting: fail,
  });
  if (fail) turn.effects.push({ type: 'kill', process, why: 'failed' });
}

function isHolder(lease: Lease, process: ProcessId): boolean {
  return lease.process !== null && isSameProcess(lease.process, process);
}

function isKnown(state: AllocatorState, process: ProcessId): boolean {
  for (const lease of state.leases.values()) if (isHolder(lease, process)) return true;
  return state.warmWorkers.some((worker) => isSameProcess(worker.process, process));
}
