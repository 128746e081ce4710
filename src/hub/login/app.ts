/** A Space's login as its front matter asks for it, and what its app has to know of the provider. Pure. */
import { createHmac } from 'node:crypto';

/** What `hf_oauth: true` and its companions say. */
export interface LoginWish {
  /** `openid` and `profile` first: every Space has these (docs/hub/spaces-oauth.md of the Hub, 2025-11). */
  readonly scopes: readonly string[];
  /** How long an access token lasts. */
  readonly lifetimeSeconds: number;
}

/** A Space as the provider knows it. */
export interface LoginApp extends LoginWish {
  readonly clientId: string;
  readonly clientSecret: string;
  /** `owner/name`, for the login page. */
  readonly spaceId: string;
}

const DEFAULT_MINUTES = 480;
const MOST_MINUTES = 43_200;
const SCOPE = /^[\w:-]{1,64}$/;

/**
 * The login that a Space asks for; null for none.
 *
 * @param field the front matter's value of a key
 */
export function loginWish(field: (key: string) => unknown): LoginWish | null {
  if (field('hf_oauth') !== true) return null;
  const listed = [field('hf_oauth_scopes') ?? []].flat();
  const more = listed.filter((scope): scope is string => typeof scope === 'string');
  const minutes = field('hf_oauth_expiration_minutes');
  const isMinutes = typeof minutes === 'number' && minutes > 0;
  return {
    scopes: [...new Set(['openid', 'profile', ...more.filter((scope) => SCOPE.test(scope))])],
    lifetimeSeconds: Math.min(isMinutes ? minutes : DEFAULT_MINUTES, MOST_MINUTES) * 60,
  };
}

/**
 * The provider's client for a Space. Identifier and secret stay the same from run to run, as on the
 * platform: a browser stays logged in.
 *
 * @param key of this purpose alone
 */
export function loginApp(wish: LoginWish, spaceId: string, key: Uint8Array): LoginApp {
  const part = (name: string) =>
    createHmac('sha256', key).update(`${name} ${spaceId}`).digest('hex');
  const id = part('client id');
  return {
    ...wish,
    spaceId,
    clientId: [
      id.slice(0, 8),
      id.slice(8, 12),
      id.slice(12, 16),
      id.slice(16, 20),
      id.slice(20, 32),
    ].join('-'),
    clientSecret: part('client secret'),
  };
}

/**
 * What the platform sets for such a Space (gradio/oauth.py and huggingface_hub/_oauth.py read these).
 *
 * @param issuer address of the provider
 */
export function loginEnvironment(app: LoginApp, issuer: string): Record<string, string> {
  return {
    OAUTH_CLIENT_ID: app.clientId,
    OAUTH_CLIENT_SECRET: app.clientSecret,
    OAUTH_SCOPES: app.scopes.join(' '),
    OPENID_PROVIDER_URL: issuer,
  };
}
