import { errors, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import { TIERS } from '../../platform/tiers.js';
import type { Clock } from '../../shared/clock.js';
import type { Visitor } from '../core/types.js';

/** What a presented X-IP-Token turned out to be. */
export type TokenVerdict =
  | { readonly status: 'valid' | 'expired'; readonly visitor: Visitor }
  | { readonly status: 'forged' };

/** Signs and verifies the X-IP-Token that the platform's proxy adds to every visitor's request. */
export interface VisitorTokens {
  /** @param error why the visitor counts as anonymous; the package shows it to the visitor */
  sign(visitor: Visitor, error?: string): Promise<string>;
  verify(token: string): Promise<TokenVerdict>;
}

const ISSUER = 'zerogpu';
const ALGORITHM = 'HS256';
const LIFETIME_SECONDS = 3_600;
/** A page may keep a token in its open stream: hand out none that is nearly over. */
const REUSE_SECONDS = 300;
/** Tokens kept for reuse; tokens of more visitors are signed again. */
const MOST_KEPT = 1_000;

/** Version 00 of https://www.w3.org/TR/trace-context/: version, trace, parent, flags. */
export const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const payloadSchema = z.object({
  sub: z.string().min(1),
  tier: z.enum(TIERS),
  client: z.string().optional(),
  request: z
    .object({ atMs: z.number(), traceparent: z.string().regex(TRACEPARENT).nullable() })
    .optional(),
});

/** @param secret 32 bytes, of this run alone */
export function createVisitorTokens(secret: Uint8Array, clock: Clock): VisitorTokens {
  const kept = new Map<string, { token: string; untilMs: number }>();
  /** A page sends the same token with every call: its signature is looked at once. */
  const verified = new Map<string, { verdict: TokenVerdict; untilMs: number }>();

  async function sign(visitor: Visitor, error?: string): Promise<string> {
    const nowMs = clock.now().wallMs;
    const key = `${visitor.tier} ${visitor.key} ${visitor.client ?? ''} ${error ?? ''}`;
    // One that names its request is that request's alone.
    const known = visitor.request ? undefined : kept.get(key);
    if (known && known.untilMs > nowMs) return known.token;
    const issuedAt = Math.floor(nowMs / 1_000);
    const claims = {
      tier: visitor.tier,
      ...(visitor.client === undefined ? {} : { client: visitor.client }),
      ...(visitor.request === undefined ? {} : { request: visitor.request }),
      ...(error ? { error } : {}),
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(visitor.key)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_SECONDS)
      .sign(secret);
    if (visitor.request) return token;
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, { token, untilMs: nowMs + REUSE_SECONDS * 1_000 });
    return token;
  }

  async function verify(token: string): Promise<TokenVerdict> {
    const known = verified.get(token);
    if (known && known.untilMs > clock.now().wallMs) return known.verdict;
    const fresh = await verifyAnew(token);
    if (fresh.untilMs > 0) {
      if (verified.size >= MOST_KEPT) verified.clear();
      verified.set(token, fresh);
    }
    return fresh.verdict;
  }

  /** With the time until which the verdict holds, on the wall clock; 0 for one that is not kept. */
  async function verifyAnew(
    token: string,
  ): Promise<{ readonly verdict: TokenVerdict; readonly untilMs: number }> {
    const currentDate = new Date(clock.now().wallMs);
    const options = { issuer: ISSUER, algorithms: [ALGORITHM], currentDate };
    try {
      const { payload } = await jwtVerify(token, secret, options);
      return { verdict: verdict('valid', payload), untilMs: (payload.exp ?? 0) * 1_000 };
    } catch (error) {
      // Expiry is looked at after the signature: an expired token is still ours.
      const isExpired = error instanceof errors.JWTExpired;
      return {
        verdict: isExpired ? verdict('expired', error.payload) : { status: 'forged' },
        untilMs: 0,
      };
    }
  }
  return { sign, verify };
}

function verdict(status: 'valid' | 'expired', payload: unknown): TokenVerdict {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) return { status: 'forged' };
  const { sub, tier, client, request } = parsed.data;
  const more = { ...(client === undefined ? {} : { client }), ...(request ? { request } : {}) };
  return { status, visitor: { key: sub, tier, hasToken: true, ...more } };
}
