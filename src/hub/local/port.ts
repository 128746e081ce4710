/** What the local Hub needs from its host: it handles HTTP and the Hub's shapes, and knows no allocator. */
import type { Tier } from '../../platform/tiers.js';

/** A visitor of this machine, as a token names it. */
export interface LocalVisitor {
  /** Whose quota it is: `pro:ann`, `anonymous:127.0.0.1`. */
  readonly key: string;
  /** As an account is called: `ann`, or the tier for a visitor without a name. */
  readonly name: string;
  readonly tier: Tier;
  /** What the visitor's login allowed an app; null for a token that names the visitor itself. */
  readonly access?: { readonly scopes: readonly string[]; readonly expiresAt: number } | null;
}

/** A local token without a visitor: misspelt, or of a login that is over. It never leaves this machine. */
export interface NoVisitor {
  readonly why: string;
}

/** A visitor's quota as the ledger has it now. */
export interface LocalQuota {
  readonly limitSeconds: number;
  /** What no call has used or holds. */
  readonly leftSeconds: number;
  /** When the window is over by this machine's clock, in ms since 1970; null when none is open. */
  readonly resetsAtMs: number | null;
  readonly runs: number;
  /** Null when the tier has no such limit. */
  readonly runsLimit: number | null;
}

/** A Space that runs here. */
export interface LocalSpace {
  /** `owner/name`: what clients ask for. */
  readonly id: string;
  /** Where visitors reach it. */
  readonly url: string;
}

export interface LocalHubPorts {
  /** Null for a token that is not local: then it is a real one. */
  visitorOf(
    token: string,
    clientAddress: string,
  ): LocalVisitor | NoVisitor | null | Promise<LocalVisitor | NoVisitor | null>;
  /** @throws when the allocator does not answer */
  quotaOf(visitor: LocalVisitor): Promise<LocalQuota>;
  /** @throws when the allocator does not answer */
  spaces(): Promise<readonly LocalSpace[]>;
}
