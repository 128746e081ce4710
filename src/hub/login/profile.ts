/** A local visitor as the provider's claims describe an account. Pure. */
import { createHash } from 'node:crypto';
import type { Tier } from '../../platform/tiers.js';

/** Who logged in. */
export interface LoginVisitor {
  /** As `--as` has it: `pro:ann`. */
  readonly as: string;
  readonly tier: Tier;
  /** What the account is called: `ann`, or the tier. */
  readonly username: string;
}

/**
 * The claims of the Hub's `/oauth/userinfo` (@huggingface/hub 2.17, oauth-handle-redirect.ts, has the
 * list) that the scopes let an app see.
 */
export function claimsOf(
  { as, tier, username }: LoginVisitor,
  scopes: readonly string[],
  issuer: string,
): Record<string, unknown> {
  const has = (scope: string) => scopes.includes(scope);
  return {
    sub: createHash('sha256').update(as).digest('hex').slice(0, 24),
    ...(has('profile') && {
      name: username,
      preferred_username: username,
      profile: `${issuer}/${username}`,
      picture: `${issuer}/avatars/${username}.svg`,
      website: '',
      isPro: tier === 'pro',
      orgs: [],
    }),
    ...(has('email') && { email: `${username}@localhost`, email_verified: true }),
    ...(has('read-billing') && { canPay: false }),
  };
}

/** A picture for an account: its first letter. */
export function avatarSvg(username: string): string {
  const letter = /[a-z\d]/i.exec(username)?.[0]?.toUpperCase() ?? '?';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#64748b"/><text x="20" y="27" font-family="sans-serif" font-size="20" fill="#fff" text-anchor="middle">${letter}</text></svg>`;
}
