import { join } from 'node:path';
import { controlSecret, deriveKey, publishLocator } from '../../allocator/client/index.js';
import type { AllocatorRules, CallRecord } from '../../allocator/core/types.js';
import { createFaultPlan, FAULT_KINDS } from '../../allocator/server/faults.js';
import { startAllocator } from '../../allocator/server/index.js';
import { createVisitorTokens } from '../../allocator/server/visitor-tokens.js';
import type { GpuBackend } from '../../gpu/port.js';
import { type Clock, systemClock } from '../../shared/clock.js';
import type { UserError } from '../../shared/errors.js';
import type { RunOptions } from '../options/index.js';
import type { AllocatorLink, Device, SpaceFacts } from './link.js';

/** What a run's own allocator is made of. */
export interface OwnAllocatorParts {
  readonly options: Pick<RunOptions, 'faults' | 'seed'>;
  readonly rules: AllocatorRules;
  readonly backend: GpuBackend;
  readonly clock: Clock;
  readonly space: SpaceFacts;
  /** The state folder; the ledger is in `ledgerDir`, or in memory when that is null. */
  readonly stateDir: string;
  readonly ledgerDir: string | null;
  readonly version: string;
  readonly onRecord: (record: CallRecord) => void;
  /** The app has reported its start, and waits a second at most until this resolves. */
  readonly onStartupReport: () => Promise<void>;
  readonly warn: (message: string) => void;
}

/**
 * Starts an allocator in this process, for one Space.
 *
 * @throws UserError for a ledger or a hosting limit that does not let it
 */
export async function startOwnAllocator(parts: OwnAllocatorParts): Promise<AllocatorLink> {
  const { backend, rules, space, options, warn } = parts;
  const secret = controlSecret(parts.stateDir);
  const tokenKey = deriveKey(secret, 'visitor-tokens');
  const failed = new AbortController();
  const server = await startAllocator({
    rules,
    backend,
    tokens: createVisitorTokens(tokenKey, systemClock),
    clock: parts.clock,
    onRecord: parts.onRecord,
    onStartupReport: parts.onStartupReport,
    faults: createFaultPlan(options.faults, options.seed),
    onFault: ({ kind }) => warn(`fault ${kind}: ${FAULT_KINDS[kind].text}`),
    ledgerDir: parts.ledgerDir,
    onNotice: warn,
    onFatal: (error: UserError) => failed.abort(error),
    control: { secret, kind: 'run', zerogpuVersion: parts.version },
  });
  try {
    await server.register(space);
  } catch (error) {
    await server.close();
    throw error;
  }
  const locator = publishLocator(parts.stateDir, {
    kind: 'run',
    url: server.url,
    space: space.name,
  });
  return {
    url: server.url,
    where: () => server.url,
    deviceUrl: server.url,
    rules,
    device: deviceOf(backend),
    tokenKey,
    ledger: parts.ledgerDir === null ? 'in memory' : join(parts.ledgerDir, 'ledger.db'),
    failed: failed.signal,
    started(root) {
      const at = parts.clock.now();
      void server.submit({ type: 'space-started', at, space: space.id, root });
    },
    reported: async () => server.state.spaces.get(space.id)?.startup.over ?? false,
    // Its own run knows it already, and no other Space runs here.
    reachable: async () => {},
    async setUse({ key, tier }, use) {
      const at = parts.clock.now();
      await server.submit({ type: 'set-use', at, visitor: key, tier, ...use });
    },
    async setCredits({ key }, seconds) {
      await server.submit({ type: 'set-credits', at: parts.clock.now(), visitor: key, seconds });
    },
    running: async () => server.state.leases.size,
    async restarting() {
      await server.spaceGone(space.id);
      await server.register(space);
    },
    gone: () => server.spaceGone(space.id),
    async close() {
      locator.remove();
      await server.close();
    },
  };
}

/** What a backend is to the Spaces that run on it. */
export function deviceOf(backend: GpuBackend): Device {
  return {
    name: backend.name,
    description: backend.description,
    gpus: new Set(backend.slices.map((slice) => slice.gpu)).size,
    slices: backend.slices.length,
    environment: backend.environment(),
    pythonPath: backend.pythonPath(),
  };
}
