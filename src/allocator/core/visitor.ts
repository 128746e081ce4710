/**
 * Local visitors: who a person can be on this machine without an account. A tier names its default
 * visitor; `tier:name` names one more, with a quota of its own.
 */
import { TIERS, type Tier } from '../../platform/tiers.js';
import type { Visitor } from './types.js';

export interface VisitorName {
  readonly tier: Tier;
  /** Null for the tier's default visitor. */
  readonly name: string | null;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** What a visitor may be called, for an error message. */
export function visitorNameHelp(tiers: readonly Tier[] = TIERS): string {
  const names = `${tiers.slice(0, -1).join(', ')} or ${tiers.at(-1)}`;
  return `A visitor is ${names}, or one of them with a name: free:ada, pro:lin.`;
}

/** Reads `free`, `pro:lin`, …; null for anything else. */
export function parseVisitorName(text: string): VisitorName | null {
  const [tierText = '', name, ...rest] = text.trim().split(':');
  const tier = TIERS.find((candidate) => candidate === tierText.toLowerCase());
  if (!tier || rest.length > 0) return null;
  if (name === undefined) return { tier, name: null };
  return NAME.test(name) ? { tier, name } : null;
}

/**
 * The visitor that a token names: `pro:lin`, or `hf_pro:lin` for clients that take no token without that
 * prefix (`@huggingface/hub`). Real tokens are longer and have no colon.
 */
export function parseVisitorToken(token: string): VisitorName | null {
  return parseVisitorName(token.replace(/^hf_/, ''));
}

/** `free`, `pro:lin`: the text that `parseVisitorName` reads. */
export function formatVisitorName({ tier, name }: VisitorName): string {
  return name === null ? tier : `${tier}:${name}`;
}

/**
 * The visitor whose quota is spent. Anonymous visitors without a name are distinguished by address, as
 * on the platform.
 */
export function visitorOf({ tier, name }: VisitorName, address: string): Visitor {
  const key =
    tier === 'anonymous' ? `anonymous:${name ?? address}` : formatVisitorName({ tier, name });
  return { key, tier, hasToken: true };
}
