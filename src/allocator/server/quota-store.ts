import type { WindowUse } from '../core/balance.js';
import type { SharedAccount, SharedAnswer, Tier, Visitor } from '../core/types.js';

/** A call that asks for its quota. */
export interface Reservation {
  /** Unique for ever: a second `reserve` under the same name is the first one. */
  readonly id: string;
  readonly visitor: Visitor;
  readonly costMs: number;
  /** The hold lapses after so many milliseconds, unless the call begins. */
  readonly lapsesMs: number;
}

/**
 * The quota law in a store that many hosts share. Each of these can be asked again when no answer came: a
 * second time changes nothing. All reject while the store can't be reached.
 */
export interface QuotaStore {
  read(visitor: Pick<Visitor, 'key' | 'tier'>): Promise<SharedAccount>;
  reserve(reservation: Reservation): Promise<SharedAnswer>;
  /**
   * The call begins; a hold that is not settled after `lapsesMs` is charged whole.
   *
   * @returns false when the hold has lapsed: the call may not run
   */
  begin(id: string, visitor: Pick<Visitor, 'key' | 'tier'>, lapsesMs: number): Promise<boolean>;
  /** The call is over and cost so much; an id that is not held changes nothing. */
  settle(id: string, key: string, chargedMs: number): Promise<SharedAccount>;
  /** The call never was. */
  release(id: string, key: string): Promise<SharedAccount>;
  reset(key: string): Promise<SharedAccount>;
  setUse(visitor: Pick<Visitor, 'key' | 'tier'>, use: WindowUse): Promise<SharedAccount>;
  setCredits(visitor: Pick<Visitor, 'key' | 'tier'>, creditMs: number): Promise<SharedAccount>;
  setTier(visitor: Pick<Visitor, 'key' | 'tier'>, tier: Tier | null): Promise<SharedAccount>;
}
