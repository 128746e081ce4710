import { join } from 'node:path';
import { publishLocator } from '../../allocator/client/index.js';
import type { GpuBackend } from '../../gpu/port.js';
import { type HostPlan, type HostPorts, startHost } from './host.js';
import type { AllocatorLink, Device, SpaceFacts } from './link.js';

/**
 * Starts an allocator in this process, for one Space.
 *
 * @throws UserError for a device, a ledger or a hosting limit that does not let it
 */
export async function startOwnAllocator(
  plan: HostPlan,
  ports: HostPorts,
  space: SpaceFacts,
): Promise<AllocatorLink> {
  const { server, backend, clock, tokenKey, failed } = await startHost(plan, ports);
  try {
    await server.register(space);
  } catch (error) {
    await server.close();
    throw error;
  }
  const locator = publishLocator(plan.stateDir, {
    kind: 'run',
    url: server.url,
    space: space.name,
  });
  return {
    url: server.url,
    where: () => server.url,
    deviceUrl: server.url,
    isTraced: false,
    rules: plan.rules,
    device: deviceOf(backend),
    tokenKey,
    ledger: plan.ledgerDir === null ? 'in memory' : join(plan.ledgerDir, 'ledger.db'),
    failed,
    started(root) {
      const at = clock.now();
      void server.submit({ type: 'space-started', at, space: space.id, root });
    },
    reported: async () => server.state.spaces.get(space.id)?.startup.over ?? false,
    // Its own run knows it already, and no other Space runs here.
    reachable: async () => {},
    async setUse({ key, tier }, use) {
      const at = clock.now();
      await server.submit({ type: 'set-use', at, visitor: key, tier, ...use });
    },
    async setCredits({ key }, seconds) {
      await server.submit({ type: 'set-credits', at: clock.now(), visitor: key, seconds });
    },
    async stops(stopped) {
      await server.submit({ type: 'debug-stops', at: clock.now(), space: space.id, stopped });
    },
    // The console of this run has it already.
    told() {},
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
