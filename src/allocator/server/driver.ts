import type { GpuBackend } from '../../gpu/port.js';
import type { Clock, Timer } from '../../shared/clock.js';
import { createState, step } from '../core/index.js';
import type {
  AllocatorEvent,
  AllocatorRules,
  AllocatorState,
  CallRecord,
  Effect,
} from '../core/types.js';
import type { ProcessWatch } from './process-watch.js';

/** The effects that answer an HTTP request; the device API turns them into bytes. */
export type Answer = Extract<Effect, { readonly requestId: string }>;

/** What the driver needs of the world. */
export interface DriverPorts {
  readonly clock: Clock;
  readonly backend: GpuBackend;
  readonly answer: (answer: Answer) => void;
  readonly onRecord: (record: CallRecord) => void;
  readonly createWatch: (
    onDeath: (process: { pid: number; startTime: number }) => void,
  ) => ProcessWatch;
}

/** Owns the state: feeds events to `step` one at a time and carries out what comes back, in order. */
export interface AllocatorDriver {
  dispatch(event: AllocatorEvent): void;
  readonly state: AllocatorState;
  close(): void;
}

export function createDriver(rules: AllocatorRules, ports: DriverPorts): AllocatorDriver {
  const { clock, backend } = ports;
  let state = createState(rules, backend.slices);
  let timer: Timer | null = null;
  let closed = false;
  const watch = ports.createWatch((process) => {
    dispatch({ type: 'process-died', at: clock.now(), process });
    backend.forget(process);
  });

  function dispatch(event: AllocatorEvent): void {
    if (closed) return;
    const result = step(state, event);
    state = result.state;
    for (const effect of result.effects) carryOut(effect);
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
    if (record.event === 'allowed') backend.beginCall(record.process);
    if (record.event !== 'granted' || !record.warm) return;
    for (const lease of state.leases.values()) {
      if (lease.call === record.call && lease.process) backend.beginCall(lease.process);
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
    get state() {
      return state;
    },
    close() {
      closed = true;
      timer?.cancel();
      watch.close();
    },
  };
}
