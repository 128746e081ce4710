import type { GpuBackend } from '../../gpu/port.js';
import type { Clock, Timer } from '../../shared/clock.js';
import type { UserError } from '../../shared/errors.js';
import type { ProcessId } from '../../shared/host.js';
import { encodeState, step } from '../core/index.js';
import type { AllocatorEvent, AllocatorState, CallRecord, Effect, Lease } from '../core/types.js';
import type { Ledger, LedgerStatus } from '../store/index.js';
import type { LedgerPorts } from '../store/ledger.js';
import { type Answer, createAnswers } from './answers.js';
import { createOutbox } from './outbox.js';
import type { ProcessWatch } from './process-watch.js';
import type { QuotaStore } from './quota-store.js';
import { createSharedQuota, type SharedQuota } from './shared-quota.js';

/** What the driver needs of the world. */
export interface DriverPorts {
  readonly clock: Clock;
  readonly backend: GpuBackend;
  readonly onRecord: (record: CallRecord) => void;
  /** With null the store of the quotas answers again, else why it does not. */
  readonly onQuotaStore?: (problem: string | null) => void;
  readonly onLedgerStatus: (status: LedgerStatus, problem: string | null) => void;
  /** The ledger can't be trusted to be written any more: the allocator has to end. */
  readonly onFatal: (error: UserError) => void;
  readonly createWatch: (onDeath: (process: ProcessId) => void) => ProcessWatch;
  readonly createLedger: (ports: LedgerPorts) => Ledger;
  /** Where quotas are shared with other hosts: the store that has them. */
  readonly quotaStore?: QuotaStore | null;
}

/** Owns the state: feeds events to `step` one at a time and carries out what comes back, in order. */
export interface AllocatorDriver {
  /**
   * Takes an event; the state has changed when this returns. Never rejects.
   *
   * @returns the answer to the event, as soon as it may leave
   */
  submit(event: AllocatorEvent): Promise<Answer>;
  readonly state: AllocatorState;
  readonly ledger: Ledger;
  /** Null where the quotas are kept here. */
  readonly shared: SharedQuota | null;
  /** Resolves when no call that fits holds a slice, or when that takes too long. */
  untilEnded(fits: (lease: Lease) => boolean): Promise<void>;
  /** Writes down what is left. Nothing is carried out any more. */
  close(): Promise<void>;
}

/**
 * How long a request waits for a ledger that can't be written before it is refused, and before what
 * can be said without it is said.
 */
const PATIENCE_MS = 1_000;
/** How long the end of a call is waited for, whose worker was killed: one that is stuck is left behind. */
const END_WITHIN_MS = 3_000;

/** @param state taken over: the caller must not write to it */
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
  const answers = createAnswers();
  const outbox = createOutbox(carryOut, answers.done);
  const shared = ports.quotaStore
    ? createSharedQuota(ports.quotaStore, {
        clock,
        state,
        submit,
        onChange: ports.onQuotaStore ?? (() => {}),
      })
    : null;
  const endings = new Set<() => void>();
  const vain: string[] = [];
  let isTakingBack = false;
  const ledger = ports.createLedger({
    clock,
    encode: () => JSON.stringify(encodeState(state)),
    onDurable: (seq) => outbox.release(seq),
    onStatus(status, problem) {
      if (closed) return ports.onLedgerStatus(status, problem);
      patience?.cancel();
      patience = status === 'failing' ? clock.after(PATIENCE_MS, giveUpWaiting) : null;
      if (status !== 'failing') setDiskFailing(false);
      ports.onLedgerStatus(status, problem);
    },
    onFatal: ports.onFatal,
  });

  function processDied(process: ProcessId): void {
    void submit({ type: 'process-died', at: clock.now(), process });
    backend.forget(process);
  }

  function submit(event: AllocatorEvent): Promise<Answer> {
    if (closed) return Promise.resolve({ type: 'unavailable' });
    const result = step(state, event);
    const seq = ledger.append(event);
    const answer = answers.expect(event, seq);
    const undelivered = outbox.add({ seq, event: event.type, effects: result.effects });
    if (event.type === 'abandon') answers.forget(event.requestId);
    if (ledger.path === null) outbox.release(seq);
    arm(result.nextTickMonotonicMs);
    takeBack(undelivered);
    for (const look of [...endings]) look();
    return answer;
  }

  function carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'watch':
        watch.watch(effect.process);
        return;
      case 'kill':
        watch.kill(effect.process);
        return;
      case 'begin':
        confirm(effect);
        return;
      case 'deliver':
        shared?.deliver();
        return;
      case 'record':
        noteBeginning(effect.record);
        ports.onRecord(effect.record);
        return;
      default:
        answers.give(effect);
    }
  }

  /** Where quotas are shared a call runs only when the store knows that it has begun. */
  function confirm({ requestId, allowToken }: Extract<Effect, { readonly type: 'begin' }>): void {
    const lease = state.leases.get(allowToken);
    if (!lease) return;
    void (shared?.begin(lease) ?? Promise.resolve(false)).then((mayRun) => {
      if (mayRun) void submit({ type: 'begun', at: clock.now(), allowToken });
      else takeBack([requestId]);
    });
  }

  /** A call's peak is counted from the moment its worker may use the device. */
  function noteBeginning(record: CallRecord): void {
    if (record.event !== 'allowed' && !(record.event === 'granted' && record.warm)) return;
    const lease = leaseOf(state, record.call);
    const process = record.event === 'allowed' ? record.process : lease?.process;
    if (process) backend.beginCall(process, lease?.slices ?? []);
  }

  function setDiskFailing(failing: boolean): readonly string[] {
    answers.setDiskFailing(failing);
    return outbox.setDiskFailing(failing);
  }

  /** The disk takes nothing: whoever asks for a GPU is refused, and running work continues. */
  function giveUpWaiting(): void {
    takeBack(setDiskFailing(true));
  }

  /** Out of the queue again; a grant that was never sent is taken back, free of charge. */
  function takeBack(requestIds: readonly string[]): void {
    answers.giveUp(requestIds);
    vain.push(...requestIds);
    // What is taken back may go to the next, who can't have it either.
    if (isTakingBack) return;
    isTakingBack = true;
    for (let requestId = vain.shift(); requestId !== undefined; requestId = vain.shift()) {
      void submit({ type: 'abandon', at: clock.now(), requestId });
    }
    isTakingBack = false;
  }

  function arm(atMonotonicMs: number | null): void {
    timer?.cancel();
    timer = null;
    if (atMonotonicMs === null || closed) return;
    timer = clock.after(atMonotonicMs - clock.now().monotonicMs, () => {
      timer = null;
      void submit({ type: 'tick', at: clock.now() });
    });
  }

  function untilEnded(fits: (lease: Lease) => boolean): Promise<void> {
    const isOver = () => ![...state.leases.values()].some(fits);
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => {
      const timeout = clock.after(END_WITHIN_MS, end);
      function end(): void {
        endings.delete(look);
        timeout.cancel();
        resolve();
      }
      function look(): void {
        if (isOver()) end();
      }
      endings.add(look);
    });
  }

  return {
    submit,
    state,
    ledger,
    shared,
    untilEnded,
    async close() {
      timer?.cancel();
      watch.close();
      await shared?.drain();
      await ledger.flush();
      closed = true;
      shared?.close();
      patience?.cancel();
      await ledger.close();
    },
  };
}

function leaseOf(state: AllocatorState, call: number): Lease | undefined {
  for (const lease of state.leases.values()) if (lease.call === call) return lease;
  return undefined;
}
