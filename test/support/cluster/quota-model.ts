/**
 * What the store's quota library must do, made of the pure law (`decide`): the account, its holds, and what
 * becomes of holds that no allocator settles in time.
 */
import {
  accountAt,
  createAccount,
  type WindowUse,
  windowMs,
} from '../../../src/allocator/core/balance.js';
import { decide, type Hold } from '../../../src/allocator/core/quota.js';
import type { QuotaAccount, Tier, Visitor } from '../../../src/allocator/core/types.js';
import type { PlatformProfile } from '../../../src/platform/schema.js';

interface ModelHold {
  readonly hold: Hold;
  readonly lapsesAtMs: number;
  /** Charged whole; only a correction may come. */
  readonly isLapsed: boolean;
}

export class QuotaModel {
  account: QuotaAccount;
  readonly #profile: PlatformProfile;
  readonly #holds = new Map<string, ModelHold>();
  #nowMs = 0;

  constructor(profile: PlatformProfile, visitor: Visitor) {
    this.#profile = profile;
    this.account = createAccount(visitor);
  }

  /** Time goes on to `nowMs`, and what is due by then lapses. */
  at(nowMs: number): this {
    this.#nowMs = nowMs;
    this.account = accountAt(this.#profile, this.account, nowMs);
    const due = [...this.#holds].filter(([, { lapsesAtMs }]) => lapsesAtMs <= nowMs);
    for (const [id, { hold, isLapsed }] of due) {
      this.#holds.delete(id);
      if (isLapsed) continue;
      if (hold.windowStartMs === null) {
        this.#do('release', { hold });
        continue;
      }
      this.#do('settle', { hold, chargedMs: hold.reservedMs + hold.creditMs });
      const lapsesAtMs = nowMs + windowMs(this.#profile);
      this.#holds.set(id, { hold, lapsesAtMs, isLapsed: true });
    }
    return this;
  }

  reserve(id: string, visitor: Visitor, costMs: number, lapsesMs: number) {
    const tier = this.account.tierOverride ?? visitor.tier;
    const held = this.#do('reserve', { tier, costMs });
    const hold = held && { ...held, windowStartMs: null };
    if (hold) this.#holds.set(id, { hold, lapsesAtMs: this.#nowMs + lapsesMs, isLapsed: false });
    return held;
  }

  begin(id: string, lapsesMs: number): boolean {
    const known = this.#holds.get(id);
    if (!known || known.isLapsed) return false;
    let { hold } = known;
    if (hold.windowStartMs === null) {
      hold = { ...hold, windowStartMs: this.#do('begin', { hold }) };
    }
    this.#holds.set(id, { hold, lapsesAtMs: this.#nowMs + lapsesMs, isLapsed: false });
    return true;
  }

  settle(id: string, chargedMs: number): void {
    const known = this.#take(id);
    if (!known) return;
    const { hold, isLapsed } = known;
    if (isLapsed) {
      this.#correct(hold, chargedMs);
      return;
    }
    if (hold.windowStartMs !== null || chargedMs === 0) {
      this.#do('settle', { hold, chargedMs });
      return;
    }
    const windowStartMs = this.#do('begin', { hold });
    this.#do('settle', { hold: { ...hold, windowStartMs }, chargedMs });
  }

  release(id: string): void {
    const known = this.#take(id);
    if (!known) return;
    const { hold, isLapsed } = known;
    if (isLapsed) {
      this.#correct(hold, 0);
      this.#do('release', { hold: { ...hold, reservedMs: 0, creditMs: 0 } });
    } else {
      this.#do('release', { hold });
    }
  }

  reset(): void {
    this.#do('reset', {});
  }

  setUse(tier: Tier, use: WindowUse): void {
    this.#do('set-use', { tier, use });
  }

  setCredits(creditMs: number): void {
    this.#do('set-credits', { creditMs });
  }

  setTier(tier: Tier | null): void {
    this.#do('set-tier', { tier });
  }

  #take(id: string): ModelHold | undefined {
    const known = this.#holds.get(id);
    this.#holds.delete(id);
    return known;
  }

  /** What was charged whole cost so much in truth. */
  #correct(hold: Hold, chargedMs: number): void {
    const byCreditMs = Math.min(hold.creditMs, Math.max(0, chargedMs - hold.reservedMs));
    const pays = hold.windowStartMs === this.account.windowStartMs;
    const changeMs = pays ? chargedMs - byCreditMs - hold.reservedMs : 0;
    this.account = {
      ...this.account,
      usedMs: Math.max(0, this.account.usedMs + changeMs),
      creditMs: this.account.creditMs + hold.creditMs - byCreditMs,
    };
  }

  #do<K extends Parameters<typeof decide>[0]>(
    kind: K,
    command: Parameters<typeof decide<K>>[3],
  ): ReturnType<typeof decide<K>>['answer'] {
    const { account, answer } = decide(kind, this.#profile, this.account, command, this.#nowMs);
    this.account = account;
    return answer;
  }
}
