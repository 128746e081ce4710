/** `zerogpu quota --cluster`: what the nodes of a cluster wrote last, and the quotas that its store has. */
import type {
  ClusterSnapshot,
  ClusterSnapshotNode,
} from '../../allocator/client/cluster-snapshot.js';
import type { Snapshot, SnapshotVisitor } from '../../allocator/client/snapshot.js';
import { createState } from '../../allocator/core/index.js';
import type { AllocatorState, SharedAccount } from '../../allocator/core/types.js';
import { visitorView } from '../../allocator/server/snapshot.js';
import { loadProfile, profileNames } from '../../platform/index.js';
import { UserError } from '../../shared/errors.js';
import { createQuotaStore } from '../quota/quota-store.js';
import type { ClusterView } from '../registry/records.js';
import type { Registry } from '../registry/registry.js';
import type { StoreConnection } from '../store/connection.js';
import { type ClusterWorld, withRegistry } from './open.js';

/** Throws StoreUnreachable. */
export type ClusterReader = () => Promise<ClusterSnapshot>;

/** Accounts that one reading asks the store for; further visitors keep the figures of their node. */
const ACCOUNTS_READ = 500;

/**
 * Opens the store of a cluster for as long as `use` runs.
 *
 * @param cluster `true` for the address in ZEROGPU_CLUSTER
 * @throws UserError E_USAGE without an address, E_CLUSTER_UNREACHABLE, E_CLUSTER_SIGN_IN, E_CLUSTER_NEWER
 */
export async function readCluster<T>(
  cluster: string | true,
  world: ClusterWorld,
  use: (read: ClusterReader) => Promise<T>,
): Promise<T> {
  const url = cluster === true ? world.env['ZEROGPU_CLUSTER'] : cluster;
  if (!url) {
    throw new UserError('E_USAGE', '--cluster has no address', {
      why: 'It names the store of a cluster; without an address it takes that of ZEROGPU_CLUSTER, which is not set.',
      fix: 'zerogpu quota --cluster redis://HOST:PORT',
    });
  }
  return await withRegistry({ cluster: url }, world, 'zerogpu quota', (registry, store) =>
    use(() => readOnce(registry, store)),
  );
}

async function readOnce(registry: Registry, store: StoreConnection): Promise<ClusterSnapshot> {
  const view = await registry.list();
  const sent = await registry.snapshots(view.nodes.map(({ name }) => name));
  const quotas = await readQuotas([...sent.values()], view.atMs, store);
  return {
    version: 1,
    at: isoOf(view.atMs),
    nodes: nodesOf(view, (name) => withQuotas(sent.get(name) ?? null, quotas)),
    visitors: [...quotas.values()],
  };
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

function nodesOf(
  { nodes, gone, atMs }: ClusterView,
  snapshotOf: (name: string) => Snapshot | null,
): ClusterSnapshotNode[] {
  const beat = (ageSeconds: number) => ({
    lastBeatAt: isoOf(atMs - ageSeconds * 1_000),
    lastBeatSecondsAgo: ageSeconds,
  });
  const here = nodes.map(({ name, isDrained, beatAgeSeconds }) => ({
    ...{ name, state: isDrained ? ('drained' as const) : ('ready' as const) },
    ...beat(beatAgeSeconds),
    snapshot: snapshotOf(name),
  }));
  const left = gone.map(({ name, beatAgeSeconds }) => ({
    ...{ name, state: 'gone' as const, ...beat(beatAgeSeconds), snapshot: null },
  }));
  return [...here, ...left].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A node has the figures of its visitors' last calls there; calls on other nodes have changed them since. */
function withQuotas(
  snapshot: Snapshot | null,
  quotas: ReadonlyMap<string, SnapshotVisitor>,
): Snapshot | null {
  if (!snapshot) return null;
  const { total, entries } = snapshot.visitors;
  const known = entries.map((entry) => quotas.get(entry.visitor) ?? entry);
  return { ...snapshot, visitors: { total, entries: known } };
}

/** @returns each visitor of the snapshots, those with calls first */
async function readQuotas(
  snapshots: readonly Snapshot[],
  atMs: number,
  store: StoreConnection,
): Promise<ReadonlyMap<string, SnapshotVisitor>> {
  const [first] = snapshots;
  if (!first) return new Map();
  const entries = snapshots.flatMap(({ visitors }) => visitors.entries);
  const distinct = [...new Map(entries.map((entry) => [entry.visitor, entry])).values()];
  // A newer zerogpu may have other platforms: its figures are shown as they are.
  const isKnown = profileNames.includes(first.allocator.platform.name);
  const asked = distinct.slice(0, isKnown ? ACCOUNTS_READ : 0);
  const read = isKnown ? await readAccounts(asked, lawOf(first), atMs, store) : [];
  const shown = [...read, ...distinct.slice(asked.length)];
  const holds = ({ reservedSeconds }: SnapshotVisitor) => Number(reservedSeconds > 0);
  const opened = ({ resetsInSeconds }: SnapshotVisitor) => resetsInSeconds ?? 0;
  const sorted = shown.toSorted((a, b) => holds(b) - holds(a) || opened(b) - opened(a));
  return new Map(sorted.map((visitor) => [visitor.visitor, visitor]));
}

async function readAccounts(
  visitors: readonly SnapshotVisitor[],
  law: AllocatorState,
  atMs: number,
  store: StoreConnection,
): Promise<readonly SnapshotVisitor[]> {
  const quotas = createQuotaStore(store, law.rules.profile);
  const accounts = await Promise.all(
    visitors.map(({ visitor, tier }) => quotas.read({ key: visitor, tier })),
  );
  return accounts.map((account) => showAccount(law, account, atMs));
}

/** A state without calls, for the law of quotas: nodes of one cluster have the same platform. */
function lawOf({ allocator, slices }: Snapshot): AllocatorState {
  const rules = {
    profile: loadProfile(allocator.platform.name),
    longestCallSeconds: allocator.longestCallSeconds,
    concurrencyPerSpace: null,
  };
  const specs = slices.map(({ index, gpu, uuid, vramBytes }) => ({ index, gpu, uuid, vramBytes }));
  return createState(rules, specs);
}

function showAccount(
  law: AllocatorState,
  { resetsInMs, ...account }: SharedAccount,
  atMs: number,
): SnapshotVisitor {
  const windowMs = law.rules.profile.quota.windowSeconds * 1_000;
  const windowStartMs = resetsInMs === null ? null : atMs + resetsInMs - windowMs;
  law.accounts.set(account.key, { ...account, windowStartMs });
  const visitor = { key: account.key, tier: account.tier, hasToken: true };
  return visitorView(law, visitor, { wallMs: atMs, monotonicMs: 0 });
}
