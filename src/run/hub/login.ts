/** The login of a Space with `hf_oauth`: the provider, and what gateway and app have to know of it. */
import { controlSecret, deriveKey } from '../../allocator/client/secret.js';
import {
  formatVisitorName,
  parseVisitorName,
  type VisitorName,
  visitorNameHelp,
} from '../../allocator/core/visitor.js';
import type { GatewayLogin } from '../../gateway/index.js';
import {
  createAccessTokens,
  createLoginDoor,
  createLoginProvider,
  LOGIN_PATH,
  type LoginProvider,
  type LoginVisitor,
  loginApp,
  loginWish,
} from '../../hub/login/index.js';
import type { Tier } from '../../platform/tiers.js';
import { systemClock } from '../../shared/clock.js';
import type { Space } from '../../space/index.js';

/** What the login of a Space is made of. */
export interface SpaceLoginParts {
  readonly space: Pick<Space, 'frontMatter'>;
  readonly spaceId: string;
  readonly stateDir: string;
  /** Who a visitor is that says nothing, as `--as` has it. */
  readonly defaultVisitor: string;
  /** Tiers of the platform. */
  readonly tiers: readonly Tier[];
  /** Keys of the visitors that the ledger knows. */
  readonly known: () => Promise<readonly string[]>;
  /** `host:port` of the gateway, once it listens. */
  readonly host: () => string;
}

export interface SpaceLogin {
  readonly provider: LoginProvider;
  readonly gateway: GatewayLogin;
}

/** A choice of more is not looked through. */
const MOST_SHOWN = 24;

/** The access tokens of every Space of a state folder. */
export const accessTokensOf = (stateDir: string) =>
  createAccessTokens(deriveKey(controlSecret(stateDir), 'login-tokens'));

/** Whose login an access token comes from, for the gateway of any Space. */
export function visitorsOfLogins(stateDir: string): (token: string) => Promise<VisitorName | null> {
  const tokens = accessTokensOf(stateDir);
  return async (token) => {
    const access = await tokens.read(token, systemClock.now().wallMs);
    return access === null ? null : parseVisitorName(access.visitor.as);
  };
}

/** @returns null for a Space that does not ask for a login */
export function spaceLogin(parts: SpaceLoginParts): SpaceLogin | null {
  const { space, spaceId, stateDir, defaultVisitor, tiers, known, host } = parts;
  const wish = loginWish((key) => space.frontMatter.fields.get(key)?.value);
  if (wish === null) return null;
  const app = loginApp(wish, spaceId, deriveKey(controlSecret(stateDir), 'login-apps'));
  const provider = createLoginProvider(app, accessTokensOf(stateDir), systemClock);
  const answer = createLoginDoor(provider, {
    accountOf,
    help: visitorNameHelp(tiers),
    isOwnHost: (one) => one === host() || isLoopbackName(one, host()),
    async visitors() {
      const names = [defaultVisitor, ...tiers, ...(await known().catch(() => []))];
      return [...new Set(names)].filter((name) => accountOf(name) !== null).slice(0, MOST_SHOWN);
    },
  });
  return { provider, gateway: { path: LOGIN_PATH, answer } };
}

/** A local visitor with an account: an anonymous one has none to log in with. */
export function accountOf(text: string): LoginVisitor | null {
  const named = parseVisitorName(text);
  if (named === null || named.tier === 'anonymous') return null;
  const { tier, name } = named;
  return { as: formatVisitorName(named), tier, username: name ?? tier };
}

/** Whether two differ only in how they name this machine. */
function isLoopbackName(one: string, other: string): boolean {
  const [, port] = /^(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(one) ?? [];
  return port !== undefined && other.endsWith(`:${port}`);
}
