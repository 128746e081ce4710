import { connect, controlSecret, type Where } from '../../allocator/client/index.js';
import { parseVisitorToken, visitorOf } from '../../allocator/core/visitor.js';
import {
  LOCAL_HUB_PORT,
  type LocalHub,
  type LocalHubPorts,
  type LocalLogin,
  type LocalSpace,
  startLocalHub,
} from '../../hub/local/index.js';
import { LOCAL_ACCESS_PREFIX } from '../../hub/login/index.js';
import { readHubEndpoint } from '../../hub/settings.js';
import { systemClock } from '../../shared/clock.js';
import { accessTokensOf } from './login.js';

/** Where a local Hub has its answers from. */
export interface LocalHubSources {
  readonly allocator: Where;
  readonly stateDir: string;
  /** The Space of this process, in front of those that have joined the allocator. */
  readonly own: LocalSpace | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the Space of this process; null where it has none. */
  readonly login?: LocalLogin | null;
}

/**
 * Starts a local Hub that reads an allocator's ledger over its control API.
 *
 * @throws UserError E_PORT_TAKEN; E_USAGE for an HF_ENDPOINT that is none
 */
export async function openLocalHub(sources: LocalHubSources): Promise<LocalHub> {
  const { allocator, stateDir, own, env } = sources;
  const client = connect(allocator, controlSecret(stateDir));
  const access = accessTokensOf(stateDir);
  const ports: LocalHubPorts = {
    async visitorOf(token, address) {
      if (token.startsWith(LOCAL_ACCESS_PREFIX)) {
        const login = await access.read(token, systemClock.now().wallMs);
        if (login === null) return { why: 'This login of a Space is over.' };
        const { as: key, tier, username: name } = login.visitor;
        return { key, tier, name, access: login };
      }
      const named = parseVisitorToken(token);
      if (named === null) return null;
      const { key, tier } = visitorOf(named, address);
      return { key, tier, name: named.name ?? tier };
    },
    async quotaOf({ key, tier }) {
      const view = await client.visitor(key, tier);
      const { limitSeconds, leftSeconds, resetsInSeconds, runs, runsLimit, speed } = view;
      // By the clock that clients have: with --speed a day is over sooner.
      const resetsAtMs =
        resetsInSeconds === null
          ? null
          : systemClock.now().wallMs + (resetsInSeconds * 1_000) / speed;
      return { limitSeconds, leftSeconds, resetsAtMs, runs, runsLimit };
    },
    async spaces() {
      const others = client.addresses();
      // A run's own Space needs no other answer.
      const joined = own ? await others.catch(() => []) : await others;
      return [...(own ? [own] : []), ...joined.map(({ spaceId, url }) => ({ id: spaceId, url }))];
    },
  };
  return startLocalHub(ports, readHubEndpoint(env), LOCAL_HUB_PORT, sources.login ?? null);
}

/** Keys of the visitors that an allocator's ledger has, as far as its snapshot lists them. */
export async function knownVisitors(
  allocator: Where,
  stateDir: string,
): Promise<readonly string[]> {
  const client = connect(allocator, controlSecret(stateDir));
  try {
    const { visitors } = await client.snapshot();
    return visitors.entries.map(({ visitor }) => visitor);
  } finally {
    client.close();
  }
}
