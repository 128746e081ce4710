/**
 * The Hub's answers for what is local, in the fields that its clients read (huggingface_hub 1.33 and
 * 2.4, gradio_client 2.7, @huggingface/hub 2.17; tried with each).
 */
import type { LocalQuota, LocalSpace, LocalVisitor } from './port.js';

/** `GET /api/spaces/zero-gpu/quota`; `current` is what is left. Amounts are seconds. */
export function quotaBody(quota: LocalQuota): Record<string, unknown> {
  const { resetsAtMs, runs, runsLimit } = quota;
  // Rounded up: who waits until then finds a whole quota.
  const resetsAt = resetsAtMs === null ? null : new Date(Math.ceil(resetsAtMs)).toISOString();
  const used = { base: quota.limitSeconds, current: quota.leftSeconds, resetsAt };
  if (runsLimit === null) return used;
  const remaining = Math.max(0, runsLimit - runs);
  return { ...used, runs: { used: runs, limit: runsLimit, remaining, resetsAt } };
}

/** `GET /api/whoami-v2` */
export function whoBody({ key, name, tier, access }: LocalVisitor): Record<string, unknown> {
  return {
    type: 'user',
    id: key,
    name,
    fullname: name,
    isPro: tier === 'pro',
    canPay: false,
    orgs: tier === 'team' || tier === 'enterprise' ? [organization(tier)] : [],
    auth: access
      ? { type: 'oauth', expiresAt: new Date(access.expiresAt * 1_000).toISOString() }
      : { type: 'access_token', accessToken: { displayName: 'zerogpu', role: 'read' } },
  };
}

/** The organisation that gives a local visitor its tier. */
function organization(plan: 'team' | 'enterprise'): Record<string, unknown> {
  const isEnterprise = plan === 'enterprise';
  return { type: 'org', id: plan, name: plan, fullname: plan, canPay: true, isEnterprise, plan };
}

/** `GET /api/spaces/OWNER/NAME/runtime`; `zero-a10g` is ZeroGPU's name, whatever the card. */
export function runtimeBody(): Record<string, unknown> {
  return {
    stage: 'RUNNING',
    hardware: { current: 'zero-a10g', requested: 'zero-a10g' },
    gcTimeout: null,
    replicas: { current: 1, requested: 1 },
    devMode: false,
    domains: [],
  };
}

/**
 * `GET /api/spaces/OWNER/NAME`
 *
 * @param sinceMs since when it is served here, in ms since 1970
 */
export function spaceBody({ id, url }: LocalSpace, sinceMs: number): Record<string, unknown> {
  const [author = '', name = ''] = id.split('/');
  return {
    _id: id,
    id,
    author,
    host: url,
    subdomain: `${author}-${name}`.toLowerCase(),
    lastModified: new Date(sinceMs).toISOString(),
    sdk: 'gradio',
    private: false,
    gated: false,
    disabled: false,
    likes: 0,
    tags: ['gradio'],
    siblings: [],
    cardData: { sdk: 'gradio' },
    runtime: runtimeBody(),
  };
}
