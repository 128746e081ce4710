import * as z from 'zod';
import {
  connect,
  controlSecret,
  type DebugStops,
  deriveKey,
  findServe,
  type Locator,
} from '../../allocator/client/index.js';
import type { CallRecord } from '../../allocator/core/types.js';
import { loadProfile } from '../../platform/index.js';
import type { ProcessId } from '../../shared/host.js';
import type { AllocatorLink, SpaceFacts } from './link.js';
import { startDeviceRelay } from './relay.js';

export interface JoinedAllocatorParts {
  readonly locator: Locator;
  readonly stateDir: string;
  readonly space: SpaceFacts;
  /** Told of the calls of this Space alone. */
  readonly onRecord: (record: CallRecord) => void;
  readonly warn: (message: string) => void;
}

/** As CONTROL.told has it, characters. */
const LONGEST_TOLD = 2_000;

/** What is looked at before a record is believed to be one. */
const recordSchema = z.looseObject({ event: z.string(), call: z.int(), space: z.string() });

/**
 * Joins the allocator of `zerogpu serve`. Should that end and come back, here or at another port, the Space
 * is registered with it again, and its calls go on.
 *
 * @throws UserError E_ALLOCATOR_GONE, E_HOSTING_LIMIT
 */
export async function joinAllocator(parts: JoinedAllocatorParts): Promise<AllocatorLink> {
  const { locator, space, warn } = parts;
  const secret = controlSecret(parts.stateDir);
  let url = locator.url;
  const where = () => findServe(parts.stateDir)?.url ?? null;
  const client = connect(where, secret);
  let root: ProcessId | null = null;
  let wasGone = false;
  let stopped: DebugStops = [];
  let reachedAt: { readonly spaceId: string; readonly url: string } | null = null;
  /** Only the local Hub of `zerogpu serve` asks for it: a run continues without. */
  const sendAddress = async () => {
    if (reachedAt) await client.address(space.id, reachedAt.spaceId, reachedAt.url).catch(() => {});
  };
  const { allocator, slices } = await client.snapshot({ queue: 0, visitors: 0 });
  const device = await client.register({ ...space, root });
  const relay = await startDeviceRelay({ where, secret, space: space.id, warn });

  client.records({
    record(data) {
      const record = recordSchema.parse(JSON.parse(data));
      // The allocator is of this version and of this user: what it says of a call is its record.
      if (record.space === space.id) parts.onRecord(record as unknown as CallRecord);
    },
    connected() {
      if (!wasGone) return;
      wasGone = false;
      const before = url;
      url = where() ?? before;
      client.register({ ...space, root }).then(
        () => {
          warn(url === before ? 'the allocator is back' : `the allocator is back, at ${url} now`);
          if (stopped.length > 0) client.stops(space.id, stopped).catch(() => {});
          return sendAddress();
        },
        (error: unknown) => warn(`the allocator is back, but: ${String(error)}`),
      );
    },
    disconnected(why) {
      if (!wasGone) warn(`zerogpu serve is gone (${why}): calls fail until it is back`);
      wasGone = true;
    },
  });
  return {
    get url() {
      return url;
    },
    where,
    deviceUrl: relay.url,
    isTraced: allocator.traced,
    rules: {
      profile: loadProfile(allocator.platform.name),
      longestCallSeconds: allocator.longestCallSeconds,
      concurrencyPerSpace: null,
    },
    device: {
      name: allocator.backend.name === 'nvidia' ? 'nvidia' : 'mock',
      description: allocator.backend.description,
      gpus: new Set(slices.map(({ gpu }) => gpu)).size,
      slices: slices.length,
      ...device,
    },
    tokenKey: deriveKey(secret, 'visitor-tokens'),
    ledger: `of zerogpu serve (pid ${locator.pid})`,
    failed: new AbortController().signal,
    started(process) {
      root = process;
      client.started(space.id, process).catch((error: unknown) => {
        warn(`the app could not be registered with the allocator: ${String(error)}`);
      });
    },
    reported: () => client.reported(space.id),
    async restarting() {
      root = null;
      await client.gone(space.id);
      await client.register({ ...space, root });
    },
    async reachable(spaceId, url) {
      reachedAt = { spaceId, url };
      await sendAddress();
    },
    setUse: ({ key, tier }, use) => client.setUse(key, tier, use),
    setCredits: ({ key }, seconds) => client.setCredits(key, seconds),
    async stops(now) {
      stopped = now;
      await client.stops(space.id, now);
    },
    told(message, visitor) {
      // Only a console shows it: a call does not wait for that.
      client.told(space.id, visitor, message.slice(0, LONGEST_TOLD)).catch(() => {});
    },
    async running() {
      const { slices: now } = await client.snapshot({ queue: 0, visitors: 0 });
      return now.filter(({ call }) => call?.space === space.id).length;
    },
    async gone() {
      await client.gone(space.id);
    },
    async close() {
      client.close();
      relay.close();
    },
  };
}
