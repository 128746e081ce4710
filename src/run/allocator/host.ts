/** The allocator of this process with its device: what a run of its own and `zerogpu serve` have in common. */
import { controlSecret, deriveKey } from '../../allocator/client/index.js';
import type { AllocatorRules, CallRecord } from '../../allocator/core/types.js';
import type { ClusterHost } from '../../allocator/server/cluster-host.js';
import { createFaultPlan, FAULT_KINDS, type Fault } from '../../allocator/server/faults.js';
import {
  type AllocatorServer,
  type QuotaStore,
  startAllocator,
} from '../../allocator/server/index.js';
import { createVisitorTokens } from '../../allocator/server/visitor-tokens.js';
import type { BackendRequest, GpuBackend } from '../../gpu/port.js';
import { type Clock, systemClock } from '../../shared/clock.js';
import type { UserError } from '../../shared/errors.js';
import { openDevice } from './device.js';
import type { DevicePlan } from './plan-device.js';
import { quotaClock } from './quota-clock.js';

/** What a host is, before anything of it exists. */
export interface HostPlan {
  readonly kind: 'serve' | 'run';
  readonly rules: AllocatorRules;
  readonly device: DevicePlan;
  /** Of the device, but for its folder, which a run has once it starts. */
  readonly deviceRequest: Omit<BackendRequest, 'runDir' | 'profile'>;
  /** Quota time runs this many times faster than the clock. */
  readonly speed: number;
  readonly faults: readonly Fault[];
  /** Seed of the faults' shares. */
  readonly seed: number;
  readonly stateDir: string;
  /** Folder of the ledger; null for one in memory. */
  readonly ledgerDir: string | null;
  readonly port: { readonly number: number; readonly explicit: boolean };
}

/** What a host asks of the process it is in. */
export interface HostPorts {
  /** Folder of the device's files. */
  readonly runDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Calls are traced (`serve --otlp`). */
  readonly isTraced?: boolean;
  /** What a visitor of a Space that has joined reads. */
  readonly onTold?: (message: string, visitor: string) => void;
  readonly onRecord: (record: CallRecord) => void;
  /** The app of a Space has reported its start, and waits a second at most until this resolves. */
  readonly onStartupReport: () => Promise<void>;
  readonly warn: (message: string) => void;
  /** The cluster that it is a node of. */
  readonly cluster?: ClusterHost | null;
  /** Where the quotas are, if not in the ledger. */
  readonly quotaStore?: QuotaStore | null;
  /** The device is open: whoever ends the process closes it after the allocator. */
  readonly onDevice: (backend: GpuBackend) => void;
}

export interface AllocatorHost {
  readonly server: AllocatorServer;
  readonly backend: GpuBackend;
  readonly clock: Clock;
  /** Key of the visitors' tokens, which gateway and allocator share. */
  readonly tokenKey: Uint8Array;
  /** Aborted, with the reason as a UserError, when the allocator can't go on. */
  readonly failed: AbortSignal;
}

/**
 * Opens the device, then the allocator on it.
 *
 * @throws UserError for a device, a ledger or a port that does not let it
 */
export async function startHost(plan: HostPlan, ports: HostPorts): Promise<AllocatorHost> {
  const { rules, kind } = plan;
  const { warn } = ports;
  for (const note of plan.device.notes) warn(note);
  const request = { ...plan.deviceRequest, profile: rules.profile, runDir: ports.runDir };
  const backend = await openDevice(plan.device, request, ports.env);
  ports.onDevice(backend);
  const clock = quotaClock(systemClock, plan.speed);
  const secret = controlSecret(plan.stateDir);
  const tokenKey = deriveKey(secret, 'visitor-tokens');
  const failed = new AbortController();
  const server = await startAllocator({
    rules,
    backend,
    clock,
    tokens: createVisitorTokens(tokenKey, systemClock),
    onRecord: ports.onRecord,
    onStartupReport: ports.onStartupReport,
    faults: createFaultPlan(plan.faults, plan.seed),
    onFault: (fault) => warn(`fault ${fault.kind}: ${FAULT_KINDS[fault.kind].text}`),
    ledgerDir: plan.ledgerDir,
    port: plan.port,
    onNotice: warn,
    onFatal: (error: UserError) => failed.abort(error),
    cluster: ports.cluster ?? null,
    quotaStore: ports.quotaStore ?? null,
    control: {
      ...{ secret, kind, zerogpuVersion: ports.version },
      traced: ports.isTraced ?? false,
      ...(ports.onTold ? { onTold: ports.onTold } : {}),
    },
  });
  return { server, backend, clock, tokenKey, failed: failed.signal };
}
