/** `serve --cluster`: this host as a node of a cluster. Loaded for that flag alone. */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { QuotaStore } from '../../allocator/server/index.js';
import {
  connectStore,
  createMembership,
  createQuotaStore,
  createRegistry,
  type Membership,
  parseStoreAddress,
} from '../../cluster/index.js';
import type { PlatformProfile } from '../../platform/schema.js';
import { systemClock } from '../../shared/clock.js';
import { makeFolder } from '../../shared/make-folder.js';

export interface OpenCluster {
  /** The store's address without password. */
  readonly shown: string;
  readonly membership: Membership;
  /** Every visitor's quota, on all nodes. */
  readonly quotas: QuotaStore;
  close(): Promise<void>;
}

/** @throws UserError E_USAGE for an address that is none, E_CLUSTER_SIGN_IN, E_CLUSTER_NEWER */
export async function openCluster(
  asked: { readonly url: string; readonly node: string | null },
  ports: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly stateDir: string;
    readonly profile: PlatformProfile;
    readonly version: string;
    readonly warn: (message: string) => void;
  },
): Promise<OpenCluster> {
  const { warn, version: zerogpuVersion } = ports;
  const address = parseStoreAddress(asked.url, ports.env);
  const report = reportChanges(address.shown, warn);
  const connection = await connectStore(address, { onChange: report });
  if (!connection.isReachable) report(connection.problem);
  const membership = createMembership({
    registry: createRegistry(connection),
    name: asked.node ?? hostname(),
    identity: nodeIdentity(ports.stateDir),
    ...{ zerogpuVersion, clock: systemClock, warn },
  });
  return {
    shown: connection.shown,
    membership,
    quotas: createQuotaStore(connection, ports.profile),
    async close() {
      await membership.close();
      connection.close();
    },
  };
}

/** Says when the store goes and comes back; the first connection is not news. */
function reportChanges(shown: string, warn: (message: string) => void) {
  let isAway = false;
  return (problem: string | null): void => {
    if (problem !== null && !isAway) warn(`the store ${shown} can't be reached: ${problem}`);
    if (problem === null && isAway) warn(`the store ${shown} answers again`);
    isAway = problem !== null;
  };
}

/** Of the state folder: by it the store knows a node that restarts from another one of its name. */
function nodeIdentity(stateDir: string): string {
  const file = join(stateDir, 'node-identity');
  try {
    return readFileSync(file, 'utf8').trim() || newIdentity(stateDir, file);
  } catch {
    return newIdentity(stateDir, file);
  }
}

function newIdentity(stateDir: string, file: string): string {
  const identity = randomUUID();
  makeFolder(stateDir, 0o700);
  writeFileSync(file, `${identity}\n`, { mode: 0o600 });
  return identity;
}
