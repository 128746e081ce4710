/**
 * Quotas that many GPU hosts share, as one of these hosts uses them. `step` decides at once and can't wait for a
 * store; so the store is asked before a call is given to it, and again before a grant leaves, and what a
 * call cost is delivered afterwards, from what the ledger keeps.
 *
 * A call runs only when the store has confirmed that it has begun. So no store that comes back after an
 * outage finds seconds used that it had promised to somebody else.
 */
import type { Clock, Timer } from '../../shared/clock.js';
import { reservationOf } from '../core/index.js';
import type {
  AllocatorEvent,
  AllocatorState,
  Delivery,
  Lease,
  ScheduleEvent,
  SharedAccount,
  SharedAnswer,
  Visitor,
} from '../core/types.js';
import { parseVisitorName } from '../core/visitor.js';
import type { QuotaStore } from './quota-store.js';

/** How long an outage may last before calls are refused for it: a store that restarts is not noticed. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 100;
/** How long an allocator that ends waits for its last deliveries; the next one sends what is left. */
const DRAIN_MS = 1_000;
/** Deliveries on their way at once. */
const MOST_AT_ONCE = 200;
/** How much longer than the call a hold lasts, for a host that is slow. */
const SPARE_MS = 10_000;

export interface SharedQuotaPorts {
  readonly clock: Clock;
  readonly state: AllocatorState;
  readonly submit: (event: AllocatorEvent) => unknown;
  /** Null when the store answers again, else why it does not. */
  readonly onChange: (problem: string | null) => void;
}

export interface SharedQuota {
  /** Why the store can't be asked; null while it answers. */
  readonly problem: string | null;
  /**
   * Asks the store to hold what a call costs.
   *
   * @returns null for a call that needs no quota, or is refused whatever its quota; `unreachable` when the
   *   store does not answer
   */
  ask(
    call: Omit<ScheduleEvent, 'at' | 'allowToken' | 'shared'>,
  ): Promise<SharedAnswer | null | 'unreachable'>;
  /** The client of a request that was asked for has left. */
  forget(requestId: string, visitor: Pick<Visitor, 'key'>): void;
  /** Before a grant leaves. @returns whether the call may run */
  begin(lease: Lease): Promise<boolean>;
  /** Sends what the state has for the store. */
  deliver(): void;
  /** Does what an operator does to an account. @returns false when the store does not answer */
  operate(event: OperatorEvent): Promise<boolean>;
  /** Reads a visitor's account, for who looks at it. */
  look(visitor: Pick<Visitor, 'key' | 'tier'>): Promise<void>;
  /** Resolves when the store has everything, or when that takes too long. */
  drain(): Promise<void>;
  close(): void;
}

type OperatorEvent = Extract<
  AllocatorEvent,
  { readonly type: 'set-tier' | 'set-credits' | 'set-use' | 'reset-quota' }
>;

/** What a store that has the accounts has to do itself. */
export function isOperatorEvent(event: AllocatorEvent): event is OperatorEvent {
  return ['set-tier', 'set-credits', 'set-use', 'reset-quota'].includes(event.type);
}

export function createSharedQuota(store: QuotaStore, ports: SharedQuotaPorts): SharedQuota {
  return new StoreQuota(store, ports);
}

class StoreQuota implements SharedQuota {
  readonly #store: QuotaStore;
  readonly #ports: SharedQuotaPorts;
  /** Holds that nothing in the state knows of. */
  readonly #strays = new Map<string, Delivery>();
  #problem: string | null = null;
  #awaySinceMs: number | null = null;
  #isDelivering = false;
  #retry: Timer | null = null;
  #closed = false;

  constructor(store: QuotaStore, ports: SharedQuotaPorts) {
    this.#store = store;
    this.#ports = ports;
  }

  get problem(): string | null {
    return this.#problem;
  }

  async ask(
    call: Omit<ScheduleEvent, 'at' | 'allowToken' | 'shared'>,
  ): Promise<SharedAnswer | null | 'unreachable'> {
    const { state, clock } = this.#ports;
    const needed = reservationOf(state, { ...call, at: clock.now() });
    if (!needed) return null;
    const { visitor, costMs } = needed;
    const lapsesMs = state.rules.profile.queue.timeoutSeconds * 1000 + SPARE_MS;
    const id = call.requestId;
    try {
      return await this.#patiently(() => this.#store.reserve({ id, visitor, costMs, lapsesMs }));
    } catch {
      // It may have arrived all the same.
      this.forget(id, visitor);
      return 'unreachable';
    }
  }

  forget(requestId: string, { key }: Pick<Visitor, 'key'>): void {
    this.#strays.set(requestId, { reservation: requestId, visitor: key, chargedMs: null });
    this.deliver();
  }

  async begin(lease: Lease): Promise<boolean> {
    const { allowTimeoutSeconds, graceSeconds } = this.#ports.state.rules.profile.lease;
    const longestMs = (allowTimeoutSeconds + lease.askedSeconds + graceSeconds) * 1000;
    const id = lease.requestId ?? '';
    try {
      return await this.#patiently(() =>
        this.#store.begin(id, lease.visitor, longestMs + SPARE_MS),
      );
    } catch {
      return false;
    }
  }

  deliver(): void {
    if (this.#isDelivering || this.#closed) return;
    this.#isDelivering = true;
    void this.#deliverAll().finally(() => {
      this.#isDelivering = false;
      if (this.#isAnythingLeft()) this.#deliverLater();
    });
  }

  async operate(event: OperatorEvent): Promise<boolean> {
    try {
      this.#know([await this.#patiently(() => this.#change(event))], []);
      return true;
    } catch {
      return false;
    }
  }

  async look(visitor: Pick<Visitor, 'key' | 'tier'>): Promise<void> {
    if (this.#problem !== null) return;
    try {
      const account = await this.#answered(this.#store.read(visitor));
      if (!isAsKnown(this.#ports.state, account)) this.#know([account], []);
    } catch {
      // Who looks sees what was known last.
    }
  }

  async drain(): Promise<void> {
    const { clock } = this.#ports;
    this.deliver();
    for (let waitedMs = 0; waitedMs < DRAIN_MS && this.#isAnythingLeft(); waitedMs += 20) {
      if (this.#problem !== null) return;
      await new Promise<void>((resolve) => void clock.after(20, resolve));
    }
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
  }

  #isAnythingLeft(): boolean {
    return !this.#closed && this.#ports.state.deliveries.size + this.#strays.size > 0;
  }

  #deliverLater(): void {
    this.#retry?.cancel();
    this.#retry = this.#ports.clock.after(RETRY_MS, () => this.deliver());
  }

  /** Until nothing is left, or the store does not answer. */
  async #deliverAll(): Promise<void> {
    while (this.#isAnythingLeft()) {
      // One is enough to see whether the store is back.
      const most = this.#problem === null ? MOST_AT_ONCE : 1;
      const batch = firstOf(most, this.#ports.state.deliveries, this.#strays);
      const sent = await Promise.allSettled(
        batch.map((delivery) => this.#answered(this.#send(delivery))),
      );
      const arrived = batch.filter((_, index) => sent[index]?.status === 'fulfilled');
      const accounts = new Map<string, SharedAccount>();
      for (const result of sent) {
        if (result.status === 'fulfilled') accounts.set(result.value.key, result.value);
      }
      for (const { reservation } of arrived) this.#strays.delete(reservation);
      const names = arrived.map(({ reservation }) => reservation);
      if (names.length > 0) this.#know([...accounts.values()], names);
      if (arrived.length < batch.length) return;
    }
  }

  #send({ reservation, visitor, chargedMs }: Delivery): Promise<SharedAccount> {
    return chargedMs === null
      ? this.#store.release(reservation, visitor)
      : this.#store.settle(reservation, visitor, chargedMs);
  }

  #change(event: OperatorEvent): Promise<SharedAccount> {
    const { visitor: key } = event;
    const visitor = { key, tier: parseVisitorName(key)?.tier ?? 'anonymous' };
    switch (event.type) {
      case 'reset-quota':
        return this.#store.reset(key);
      case 'set-tier':
        return this.#store.setTier(visitor, event.tier);
      case 'set-credits':
        return this.#store.setCredits(visitor, Math.round(event.seconds * 1000));
      case 'set-use': {
        const { usedSeconds, runs, resetsInSeconds, tier } = event;
        const resetsInMs = resetsInSeconds === null ? null : Math.round(resetsInSeconds * 1000);
        const use = { usedMs: Math.round(usedSeconds * 1000), runs, resetsInMs };
        return this.#store.setUse({ key, tier }, use);
      }
    }
  }

  #know(accounts: readonly SharedAccount[], delivered: readonly string[]): void {
    const at = this.#ports.clock.now();
    this.#ports.submit({ type: 'quota-known', at, accounts, delivered });
  }

  /** Again and again while an outage is young. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    const { clock } = this.#ports;
    for (;;) {
      try {
        return await this.#answered(ask());
      } catch (error) {
        const awayMs = clock.now().monotonicMs - (this.#awaySinceMs ?? Number.NEGATIVE_INFINITY);
        if (awayMs > PATIENCE_MS || this.#closed) throw error;
        await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
      }
    }
  }

  /** Notes whether the store answers. */
  async #answered<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      if (this.#problem !== null) this.#ports.onChange(null);
      this.#problem = null;
      this.#awaySinceMs = null;
      return value;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#problem === null) this.#ports.onChange(why);
      this.#problem = why;
      this.#awaySinceMs ??= this.#ports.clock.now().monotonicMs;
      throw error;
    }
  }
}

function firstOf(
  most: number,
  ...kept: readonly ReadonlyMap<string, Delivery>[]
): readonly Delivery[] {
  const batch: Delivery[] = [];
  for (const deliveries of kept) {
    for (const delivery of deliveries.values()) {
      if (batch.length === most) return batch;
      batch.push(delivery);
    }
  }
  return batch;
}

/** Whether the copy says the same already: a look must not make the ledger grow. */
function isAsKnown(state: AllocatorState, account: SharedAccount): boolean {
  const known = state.accounts.get(account.key);
  if (!known?.isShared) return false;
  const { usedMs, reservedMs, runs, pendingRuns, creditMs, tierOverride } = account;
  return (
    known.usedMs === usedMs &&
    known.reservedMs === reservedMs &&
    known.runs + known.pendingRuns === runs + pendingRuns &&
    known.creditMs === creditMs &&
    known.tierOverride === tierOverride &&
    (known.windowStartMs === null) === (account.resetsInMs === null)
  );
}
