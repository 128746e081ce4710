/** The gateway of a run, and the local Hub beside it. */
import { formatVisitorName } from '../allocator/core/visitor.js';
import { createVisitorTokens } from '../allocator/server/visitor-tokens.js';
import { type Gateway, startGateway } from '../gateway/index.js';
import { loginEnvironment } from '../hub/login/index.js';
import { tiersOf } from '../platform/index.js';
import { systemClock } from '../shared/clock.js';
import type { Space } from '../space/index.js';
import type { AllocatorLink } from './allocator/index.js';
import { createPromiseCheck } from './console/index.js';
import { knownVisitors, openLocalHub, spaceLogin, visitorsOfLogins } from './hub/index.js';
import type { RunPlan } from './plan.js';
import type { RunContext } from './run-context.js';

/** Where visitors and clients reach the Space. */
export interface OpenGateway {
  readonly gateway: Gateway;
  /** What clients get as HF_ENDPOINT; null without `--local-hub`. */
  readonly hubUrl: string | null;
  /** What the platform sets for a Space with `hf_oauth`; empty for others. */
  readonly loginEnvironment: Readonly<Record<string, string>>;
}

/** @throws UserError for a port that is in use */
export async function openGateway(
  { console, cleanup, options, world }: RunContext,
  plan: RunPlan,
  space: Space,
  allocator: AllocatorLink,
): Promise<OpenGateway> {
  const { stateDir } = plan;
  const { defaultVisitor, tokenError } = plan.gateway;
  const { profile } = allocator.rules;
  const tiers = tiersOf(profile);
  const checkPromise = createPromiseCheck(profile, console.warn);
  let publicHost = '';
  const login = spaceLogin({
    ...{ space, spaceId: plan.space.id, stateDir, host: () => publicHost },
    defaultVisitor: formatVisitorName(defaultVisitor),
    tiers,
    known: () => knownVisitors(allocator.where, stateDir),
  });
  const gateway = await startGateway({
    host: plan.gateway.host,
    port: plan.gateway.port,
    upstreamPort: null,
    defaultVisitor,
    tokens: createVisitorTokens(allocator.tokenKey, systemClock),
    ...(tokenError === null ? {} : { tokenError }),
    onTold(message, visitor) {
      console.told(message, visitor);
      if (message !== '') allocator.told(message, visitor);
      checkPromise(message);
    },
    tiers,
    isTraced: options.otlpUrl !== null || allocator.isTraced,
    login: login?.gateway ?? null,
    visitorOfLogin: visitorsOfLogins(stateDir),
  });
  publicHost = new URL(gateway.url).host;
  cleanup.add('the gateway', gateway.close);
  await allocator.reachable(plan.space.id, gateway.url);
  const hub =
    plan.hasLocalHub || login
      ? await openLocalHub({
          ...{ allocator: allocator.where, stateDir, env: world.env },
          own: { id: plan.space.id, url: gateway.url },
          login: login && { provider: login.provider, page: `${gateway.url}${login.gateway.path}` },
        })
      : null;
  if (hub) cleanup.add('the local Hub', hub.close);
  return {
    gateway,
    hubUrl: plan.hasLocalHub && hub ? hub.url : null,
    loginEnvironment:
      login && hub
        ? // What the app does with a visitor's token, it does at the Hub that gave it.
          { ...loginEnvironment(login.provider.app, hub.url), HF_ENDPOINT: hub.url }
        : {},
  };
}
