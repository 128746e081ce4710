import type { GpuBackend } from '../../gpu/port.js';
import type { Clock, Timer } from '../../shared/clock.js';
import type { UserError } from '../../shared/errors.js';
import type { ProcessId } from '../../shared/host.js';
import { encodeState, step } from '../core/index.js';
import type { AllocatorEvent, AllocatorState, CallRecord, Effect, Lease } from '../core/types.js';
import type { Ledger, LedgerStatus } from '../store/index.js';
import type { LedgerPorts } from '../store/ledger.js';
import { createOutbox } from './outbox.js';
import type { ProcessWatch } from './process-watch.js';

/** The effects that answer a request; device API and control API turn them into bytes. */
export type Answer =
  | Extract<Effect, { readonly requestId: string }>
  /** The ledger can't be written: nothing new is taken on. */
  | { readonly type: 'unavailable'; readonly requestId: string };

/** What the driver needs of the world. */
export interface DriverPorts {
  readonly clock: Clock;
  readonly backend: GpuBackend;
  readonly answer: (answer: Answer) => void;
  readonly onRecord: (record: CallRecord) => void;
  readonly onLedgerStatus: (status: LedgerStatus, problem: string | null) => void;
  /** The ledger can't be trusted to be written any more: the allocator has to end. */
  readonly onFatal: (error: UserError) => void;
  readonly createWatch: (onDeath: (process: ProcessId) => void) => ProcessWatch;
  readonly createLedger: (ports: LedgerPorts) => Ledger;
}

/** Owns the state: feeds events to `step` one at a time and carries out what comes back, in order. */
export interface AllocatorDriver {
  dispatch(event: AllocatorEvent): void;
  readonly state: AllocatorState;
  readonly ledger: Ledger;
  /** Writes down what is left. Nothing is carried out any more. */
  close(): Promise<void>;
}

/**
 * How long a request waits for a ledger that can't be written before it is told so, and before what
 * can be said without it is said.
 */
const PATIENCE_MS = 1_000;

/** @param state taken over: nobody else may write to it */
export function createDriver(state: AllocatorState, ports: DriverPorts): AllocatorDriver {
  const { clock, backend } = ports;
  let timer: Timer | null = null;
  let patience: Timer | null = null;
  let closed = false;
  const watch = ports.createWatch((process) => {
    // A real card gives memory back some time after the process is gone: its slice waits for that.
    if (backend.whenFreed) void backend.whenFreed(process).then(() => processDied(process));
    else processDied(process);
  });
  const outbox = createOutbox(carryOut);
  const ledger = ports.createLedger({
    clock,
    encode: () => JSON.stringify(encodeState(state)),
    onDurable: (seq) => outbox.release(seq),
    onStatus(status, problem) {
      if (closed) return ports.onLedgerStatus(status, problem);
      patience?.cancel();
      patience = status === 'failing' ? clock.after(PATIENCE_MS, giveUpWaiting) : null;
      if (status !== 'failing') outbox.setDiskFailing(false);
      ports.onLedgerStatus(status, problem);
    },
    onFatal: ports.onFatal,
  });

  function processDied(process: ProcessId): void {
    dispatch({ type: 'process-died', at: clock.now(), process });
    backend.forget(process);
  }

  function dispatch(event: AllocatorEvent): void {
    if (closed) return;
    const result = step(state, event);
    const seq = ledger.append(event);
    // A kill waits for nothing, and to look after a process promises nobody anything.
    const rest: Effect[] = [];
    for (const effect of result.effects) {
      if (isUrgent(effect)) carryOut(effect);
      else rest.push(effect);
    }
    outbox.add({ seq, event: event.type, effects: rest });
    if (ledger.path === null) outbox.release(seq);
    arm(result.nextTickMonotonicMs);
  }

  function carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'watch':
        watch.watch(effect.process);
        return;
      case 'kill':
        watch.kill(effect.process);
        return;
      case 'record':
        noteBeginning(effect.record);
        ports.onRecord(effect.record);
        return;
      default:
        ports.answer(effect);
    }
  }

  /** A call's peak is counted from the moment its worker may use the device. */
  function noteBeginning(record: CallRecord): void {
    if (record.event !== 'allowed' && !(record.event === 'granted' && record.warm)) return;
    const lease = leaseOf(state, record.call);
    const process = record.event === 'allowed' ? record.process : lease?.process;
    if (process) backend.beginCall(process, lease?.slices ?? []);
  }

  /** The disk takes nothing: whoever asks for a GPU is refused, and running work goes on. */
  function giveUpWaiting(): void {
    for (const requestId of outbox.setDiskFailing(true)) {
      ports.answer({ type: 'unavailable', requestId });
      // Out of the queue again; a grant that was never sent is taken back, free of charge.
      dispatch({ type: 'abandon', at: clock.now(), requestId });
    }
  }

  function arm(atMonotonicMs: number | null): void {
    timer?.cancel();
    timer = null;
    if (atMonotonicMs === null || closed) return;
    timer = clock.after(atMonotonicMs - clock.now().monotonicMs, () => {
      timer = null;
      dispatch({ type: 'tick', at: clock.now() });
    });
  }

  return {
    dispatch,
    state,
    ledger,
    async close() {
      timer?.cancel();
      watch.close();
      await ledger.flush();
      closed = true;
      patience?.cancel();
      await ledger.close();
    },
  };
}

function leaseOf(state: AllocatorState, call: number): Lease | undefined {
  for (const lease of state.leases.values()) if (lease.call === call) return lease;
  return undefined;
}

function isUrgent(effect: Effect): boolean {
  return effect.type === 'kill' || effect.type === 'watch';
}
