/**
 * The OpenID provider of one Space, in the place of the Hub's: what Gradio's oauth.py (4.44, 5.49, 6.31),
 * huggingface_hub's _oauth.py (2.4) and @huggingface/hub's oauthHandleRedirect (2.17) ask for.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';
import type { LoginApp } from './app.js';
import { createCodes, type LoginGrant } from './codes.js';
import { claimsOf, type LoginVisitor } from './profile.js';
import type { LoginRequest } from './request.js';
import { type Access, type AccessTokens, createIdentityTokens } from './tokens.js';

/** An answer of the provider's to an app. */
export interface ProviderAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface LoginProvider {
  readonly app: LoginApp;
  /** @param page where visitors log in */
  discovery(issuer: string, page: string): Record<string, unknown>;
  jwks(): Promise<Record<string, unknown>>;
  /** A code for the app: the visitor has logged in. */
  codeFor(visitor: LoginVisitor, request: LoginRequest): string;
  /** The token endpoint. */
  redeem(
    form: URLSearchParams,
    authorization: string | undefined,
    issuer: string,
  ): Promise<ProviderAnswer>;
  /** The userinfo endpoint. */
  userinfo(token: string | null, issuer: string): Promise<ProviderAnswer>;
  /** Whose access token it is; null for a token that is not ours. */
  read(token: string): Promise<Access | null>;
}

export function createLoginProvider(
  app: LoginApp,
  tokens: AccessTokens,
  clock: Clock,
): LoginProvider {
  const codes = createCodes();
  const identity = createIdentityTokens();
  const nowMs = () => clock.now().wallMs;

  return {
    app,
    jwks: identity.jwks,
    codeFor: (visitor, request) => codes.issue({ visitor, request }, nowMs()),
    read: (token) => tokens.read(token, nowMs()),
    discovery: (issuer, page) => ({
      issuer,
      authorization_endpoint: page,
      token_endpoint: `${issuer}/oauth/token`,
      userinfo_endpoint: `${issuer}/oauth/userinfo`,
      jwks_uri: `${issuer}/oauth/jwks`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code'],
      subject_types_supported: ['public'],
      scopes_supported: app.scopes,
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      code_challenge_methods_supported: ['S256'],
      claims_supported: ['sub', 'name', 'preferred_username', 'profile', 'picture', 'email'],
    }),
    async redeem(form, authorization, issuer) {
      if (form.get('grant_type') !== 'authorization_code') return failure('unsupported_grant_type');
      const grant = codes.take(form.get('code') ?? '', nowMs());
      const said = credentialsOf(form, authorization);
      const isRightSecret = said.secret !== null && isSame(said.secret, app.clientSecret);
      // A page without a secret proves by PKCE that the code was meant for it.
      const isPublic = said.secret === null && (grant?.request.challenge ?? null) !== null;
      if (said.id !== app.clientId || !(isRightSecret || isPublic)) {
        return failure('invalid_client', 401);
      }
      if (grant === null || !isFor(grant, form)) return failure('invalid_grant');
      const { visitor, request } = grant;
      const { scopes, nonce } = request;
      const { clientId, lifetimeSeconds } = app;
      const token = await tokens.sign(visitor, scopes, lifetimeSeconds, nowMs());
      const claims = { visitor, scopes, issuer, clientId, nonce, lifetimeSeconds };
      return {
        status: 200,
        body: {
          access_token: token,
          token_type: 'bearer',
          expires_in: lifetimeSeconds,
          scope: scopes.join(' '),
          ...(scopes.includes('openid') && { id_token: await identity.sign(claims, nowMs()) }),
        },
      };
    },
    async userinfo(token, issuer) {
      const access = token === null ? null : await tokens.read(token, nowMs());
      if (access === null) return failure('invalid_token', 401);
      return { status: 200, body: claimsOf(access.visitor, access.scopes, issuer) };
    },
  };
}

const failure = (error: string, status = 400): ProviderAnswer => ({ status, body: { error } });

/** The code was asked for with this very address, and by whoever holds the verifier. */
function isFor({ request }: LoginGrant, form: URLSearchParams): boolean {
  if (form.get('redirect_uri') !== request.redirectUri) return false;
  const verifier = form.get('code_verifier');
  if (request.challenge === null) return verifier === null;
  const digest = createHash('sha256')
    .update(verifier ?? '')
    .digest('base64url');
  return isSame(digest, request.challenge);
}

function credentialsOf(form: URLSearchParams, authorization: string | undefined) {
  const [, basic] = /^Basic ([\w+/=]{1,4096})$/i.exec(authorization ?? '') ?? [];
  if (basic === undefined) return { id: form.get('client_id'), secret: form.get('client_secret') };
  const text = Buffer.from(basic, 'base64').toString('utf8');
  const at = text.indexOf(':');
  return { id: text.slice(0, Math.max(0, at)), secret: text.slice(at + 1) };
}

/** In constant time. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
