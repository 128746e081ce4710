/**
 * The one adapter of the port. Not on the downloads of `@huggingface/hub`: they write to stdout, hold no
 * file to its said size or digest, and leave redirects to `fetch`. What is cached is the same.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type * as z from 'zod';
import { type Clock, systemClock } from '../shared/clock.js';
import { badAnswer, HubError, noToken, offline, type Purpose } from './errors.js';
import { checkRevision, checkSpaceId, staysInside } from './names.js';
import type {
  Account,
  AccountQuota,
  Hub,
  HubFile,
  HubSpace,
  OwnedSpace,
  SpaceRuntime,
} from './port.js';
import { createReader, LIMITS, type Limits, type Reader } from './reader.js';
import {
  quotaSchema,
  runtimeSchema,
  settingsSchema,
  spaceSchema,
  spacesSchema,
  treeSchema,
  whoSchema,
} from './schemas.js';
import { nameServedAt } from './served-at.js';
import type { HubSettings } from './settings.js';
import { bring, missingOf, planFromCache } from './snapshot.js';
import type { WhoMemo } from './who-memo.js';

export interface HubParts {
  readonly settings: HubSettings;
  /** Keeps who the account is over commands; none for null. */
  readonly memo?: WhoMemo | null;
  readonly clock?: Clock;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly limits?: Limits;
  /** Ends every request; a snapshot has one of its own. */
  readonly interrupted?: AbortSignal;
}

/** A page holds up to 1000 Spaces; no account owns that many on ZeroGPU. */
const MOST_PAGES = 20;
const DEFAULT_REVISION = 'main';

export function createHub({
  settings,
  memo = null,
  clock = systemClock,
  random = Math.random,
  limits = LIMITS,
  interrupted,
}: HubParts): Hub {
  const reader = createReader(settings, clock, random, limits, interrupted);
  let known: ReturnType<Hub['who']> | null = null;

  async function ofAccount<T>(path: string, schema: z.ZodType<T>, purpose: Purpose): Promise<T> {
    if (settings.offline) throw offline(purpose);
    if (settings.token === null) throw noToken();
    return (await reader.read(path, schema, purpose)).value;
  }

  async function who() {
    const kept = await memo?.read();
    const answer = kept ?? (await ofAccount('/api/whoami-v2', whoSchema, WHO));
    if (!kept) await memo?.write(answer);
    return {
      name: answer.name,
      isPro: answer.isPro,
      orgs: answer.orgs.map(({ name }) => name),
      plan: highestPlan(answer.orgs.map(({ plan }) => plan ?? '')),
    };
  }

  async function space(id: string, revision: string | null = null): Promise<HubSpace> {
    const at = revision === null ? '' : `/revision/${encodeURIComponent(checkRevision(revision))}`;
    const { value } = await reader.read(
      `/api/spaces/${checkSpaceId(id)}${at}`,
      spaceSchema,
      ofSpace(id, revision),
    );
    return asSpace(value);
  }

  return {
    endpoint: settings.endpoint,
    hasToken: settings.token !== null,
    accountQuota: async () =>
      asQuota(await ofAccount('/api/spaces/zero-gpu/quota', quotaSchema, QUOTA)),
    who() {
      known ??= who().catch((error: unknown) => {
        known = null;
        throw error;
      });
      return known;
    },
    space,
    async named(said) {
      if ('id' in said) return said;
      return nameServedAt(said, reader, settings);
    },
    async runtime(id) {
      const path = `/api/spaces/${checkSpaceId(id)}/runtime`;
      return asRuntime((await reader.read(path, runtimeSchema, ofSpace(id, null))).value);
    },
    async settingNames(id) {
      if (settings.token === null) return null;
      // As get_space_variables and get_space_secrets of huggingface_hub 2.4 ask.
      const names = await Promise.all(
        ['variables', 'secrets'].map((kind) =>
          reader
            .read(`/api/spaces/${checkSpaceId(id)}/${kind}`, settingsSchema, ofSpace(id, null))
            .then(({ value }) => Object.keys(value)),
        ),
      ).catch((error: unknown) => {
        if (error instanceof HubError && NOT_FOR_US.has(error.code)) return null;
        throw error;
      });
      return names?.flat() ?? null;
    },
    spacesOf: (owner) => spacesOf(reader, settings.endpoint, owner),
    async planSnapshot(id, revision = null) {
      const wanted = checkRevision(revision ?? DEFAULT_REVISION);
      if (settings.offline) {
        const plan = await planFromCache(settings, checkSpaceId(id), wanted);
        if (plan) return plan;
        throw offline(ofSpace(id, revision));
      }
      const { sha } = await space(id, wanted);
      if (sha === null)
        throw badAnswer(ofSpace(id, revision), settings.endpoint, 'sha: it is missing');
      const files = await filesOf(reader, settings.endpoint, id, sha);
      const missing = await missingOf(settings, id, files);
      return {
        id,
        sha,
        revision: wanted,
        files,
        missing,
        bytes: sum(files),
        missingBytes: sum(missing),
      };
    },
    snapshot(plan, progress = () => {}, signal) {
      const purpose = ofSpace(plan.id, plan.revision);
      const wallMs = () => clock.now().wallMs;
      return bring({ settings, plan, asked: reader.asked, purpose, wallMs, progress, signal });
    },
  };
}

/** What the Hub answers of the settings of a Space that belongs to somebody else. */
const NOT_FOR_US: ReadonlySet<string> = new Set([
  'E_HUB_TOKEN',
  'E_HUB_PERMISSION',
  'E_HUB_NOT_FOUND',
]);

const sum = (files: readonly HubFile[]) => files.reduce((bytes, file) => bytes + file.bytes, 0);

const QUOTA: Purpose = {
  what: "the account's ZeroGPU quota",
  permission:
    'the permission "Billing > Read billing usage and payment method status" (an OAuth token: the scope read-billing; an inference-only token can not have it)',
  ifMissing: 'look whether HF_ENDPOINT is the Hub of the account',
};
const WHO: Purpose = {
  what: 'whose token it is',
  permission: 'the permission to read its own account',
  ifMissing: 'look whether HF_ENDPOINT is the Hub of the account',
};
const ofSpace = (id: string, revision: string | null): Purpose => ({
  what: `the Space ${id}${revision === null ? '' : ` at ${revision}`}`,
  permission: `"Read access to contents" of the repository ${id}, or its owner's consent`,
  ifMissing: 'look at the name and the revision; for a private Space: hf auth login',
});

function asQuota(said: z.infer<typeof quotaSchema>): AccountQuota {
  const { runs } = said;
  return {
    baseSeconds: said.base,
    leftSeconds: Math.max(0, said.current),
    resetsAt: said.resetsAt ?? null,
    overquotaSeconds: said.overquotaUsed ?? null,
    runs: runs
      ? {
          used: runs.used,
          limit: runs.limit,
          left: Math.max(0, runs.remaining),
          resetsAt: runs.resetsAt ?? null,
        }
      : null,
  };
}

function asRuntime(said: z.infer<typeof runtimeSchema>): SpaceRuntime {
  return {
    stage: said.stage,
    hardware: said.hardware?.current ?? null,
    requestedHardware: said.hardware?.requested ?? null,
    problem: said.errorMessage ?? null,
    sleepSeconds: said.gcTimeout ?? null,
  };
}

function asSpace(said: z.infer<typeof spaceSchema>): HubSpace {
  return {
    id: said.id,
    host: said.host ?? null,
    private: said.private,
    sdk: said.sdk ?? null,
    sha: said.sha ?? null,
    runtime: said.runtime ? asRuntime(said.runtime) : null,
    card: said.cardData ?? {},
  };
}

async function spacesOf(
  reader: Reader,
  endpoint: string,
  owner: string,
): Promise<readonly OwnedSpace[]> {
  const purpose: Purpose = {
    what: `the Spaces of ${owner}`,
    permission: `the permission to read the repositories of ${owner}`,
    ifMissing: 'look at the name of the owner',
  };
  const query = `/api/spaces?author=${encodeURIComponent(owner)}&expand[]=runtime`;
  const all = await pages(reader, endpoint, query, spacesSchema, purpose);
  return all.map(({ id, runtime }) => ({ id, runtime: runtime ? asRuntime(runtime) : null }));
}

async function filesOf(
  reader: Reader,
  endpoint: string,
  id: string,
  sha: string,
): Promise<readonly HubFile[]> {
  const purpose = ofSpace(id, sha);
  const query = `/api/spaces/${id}/tree/${sha}?recursive=true&expand=false`;
  const entries = await pages(reader, endpoint, query, treeSchema, purpose);
  return entries.flatMap(({ type, path, size, oid, lfs }): HubFile[] => {
    if (!staysInside(path)) {
      throw badAnswer(
        purpose,
        endpoint,
        `It names a file outside the Space: ${JSON.stringify(path)}`,
      );
    }
    if (type !== 'file') return [];
    const etag = lfs?.oid ?? oid;
    if (!etag) throw badAnswer(purpose, endpoint, `${JSON.stringify(path)} has no digest.`);
    return [{ path, bytes: lfs?.size ?? size, etag, large: Boolean(lfs) }];
  });
}

/** Follows `Link: <…>; rel="next"`, on the endpoint's own origin only: the token goes along. */
async function pages<T>(
  reader: Reader,
  endpoint: string,
  first: string,
  schema: z.ZodType<readonly T[]>,
  purpose: Purpose,
): Promise<readonly T[]> {
  const all: T[] = [];
  let path: string | null = first;
  for (let page = 0; path !== null; page += 1) {
    if (page === MOST_PAGES)
      throw badAnswer(purpose, endpoint, `It has more than ${MOST_PAGES} pages.`);
    const answer = await reader.read(path, schema, purpose);
    const { link } = answer.headers as IncomingHttpHeaders;
    all.push(...answer.value);
    const next: string | undefined = /<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(
      [link ?? ''].flat().join(','),
    )?.[1];
    if (next !== undefined && !isOurs(next, endpoint)) {
      throw badAnswer(purpose, endpoint, 'Its next page lies on another host.');
    }
    path = next === undefined ? null : new URL(next, endpoint).href;
  }
  return all;
}

const isOurs = (address: string, endpoint: string) =>
  URL.canParse(address, endpoint) && new URL(address, endpoint).origin === new URL(endpoint).origin;

/** The Hub names plans in words: `team`, `enterprise`, `Enterprise Plus`. */
function highestPlan(plans: readonly string[]): Account['plan'] {
  const has = (word: string) => plans.some((plan) => plan.toLowerCase().includes(word));
  return has('enterprise') ? 'enterprise' : has('team') ? 'team' : null;
}
