/** What a logged-in visitor's app holds: an identity token for itself, an access token for the Hub. */
import { createSecretKey } from 'node:crypto';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import { TIERS } from '../../platform/tiers.js';
import { claimsOf, type LoginVisitor } from './profile.js';

/** The Hub's own begin with `hf_oauth_`; what begins so as well never leaves this machine. */
export const LOCAL_ACCESS_PREFIX = 'hf_oauth_local_';

const accessSchema = z.object({
  as: z.string(),
  tier: z.enum(TIERS),
  username: z.string(),
  scope: z.string(),
  exp: z.number(),
});

/** What an access token says. */
export interface Access {
  readonly visitor: LoginVisitor;
  readonly scopes: readonly string[];
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

export interface AccessTokens {
  sign(
    visitor: LoginVisitor,
    scopes: readonly string[],
    lifetimeSeconds: number,
    nowMs: number,
  ): Promise<string>;
  /** @returns null for one that is not ours, or over */
  read(token: string, nowMs: number): Promise<Access | null>;
}

const ISSUER = 'zerogpu-login';

/** @param key that every Space of a state folder shares: a token is good for each of them */
export function createAccessTokens(key: Uint8Array): AccessTokens {
  const secret = createSecretKey(key);
  return {
    async sign({ as, tier, username }, scopes, lifetimeSeconds, nowMs) {
      const issuedAt = Math.floor(nowMs / 1_000);
      const token = await new SignJWT({ as, tier, username, scope: scopes.join(' ') })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(secret);
      return `${LOCAL_ACCESS_PREFIX}${token}`;
    },
    async read(token, nowMs) {
      if (!token.startsWith(LOCAL_ACCESS_PREFIX)) return null;
      try {
        const { payload } = await jwtVerify(token.slice(LOCAL_ACCESS_PREFIX.length), secret, {
          ...{ issuer: ISSUER, algorithms: ['HS256'], currentDate: new Date(nowMs) },
        });
        const { scope, exp, ...visitor } = accessSchema.parse(payload);
        return { visitor, scopes: scope.split(' '), expiresAt: exp };
      } catch {
        return null;
      }
    },
  };
}

export interface IdentityTokens {
  jwks(): Promise<Record<string, unknown>>;
  sign(claims: IdentityClaims, nowMs: number): Promise<string>;
}

export interface IdentityClaims {
  readonly visitor: LoginVisitor;
  readonly scopes: readonly string[];
  readonly issuer: string;
  readonly clientId: string;
  readonly nonce: string | null;
  readonly lifetimeSeconds: number;
}

const KEY_ID = 'zerogpu';

/** Signed as the Hub signs, with a key of this run; it is made when the first visitor logs in. */
export function createIdentityTokens(): IdentityTokens {
  let pair: ReturnType<typeof generateKeyPair> | null = null;
  const keys = () => {
    pair ??= generateKeyPair('RS256');
    return pair;
  };
  return {
    async jwks() {
      const key = await exportJWK((await keys()).publicKey);
      return { keys: [{ ...key, kid: KEY_ID, use: 'sig', alg: 'RS256' }] };
    },
    async sign({ visitor, scopes, issuer, clientId, nonce, lifetimeSeconds }, nowMs) {
      const issuedAt = Math.floor(nowMs / 1_000);
      const { sub, ...claims } = claimsOf(visitor, scopes, issuer);
      const more = { ...claims, auth_time: issuedAt, ...(nonce === null ? {} : { nonce }) };
      return new SignJWT(more)
        .setProtectedHeader({ alg: 'RS256', kid: KEY_ID })
        .setIssuer(issuer)
        .setSubject(String(sub))
        .setAudience(clientId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign((await keys()).privateKey);
    },
  };
}
