import type { GpuBackend } from '../../gpu/port.js';
import type { Clock } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import type { ProcessId } from '../../shared/host.js';
import { listenOrExplain } from '../../shared/listen.js';
import { identifyProcess, isDescendantOf, isProcessAlive } from '../../shared/process-table.js';
import type { Snapshot } from '../client/snapshot.js';
import { tooManySpaces } from '../client/space-refused.js';
import { createState } from '../core/index.js';
import type {
  AllocatorEvent,
  AllocatorRules,
  AllocatorState,
  CallRecord,
  Owner,
} from '../core/types.js';
import { createMemoryLedger, type Ledger, type LedgerStatus, openLedger } from '../store/index.js';
import type { Answer } from './answers.js';
import { attachBackend } from './backend-host.js';
import type { ClusterHost } from './cluster-host.js';
import { type ControlApi, createControlApi } from './control-api.js';
import { createDeviceApi } from './device-api.js';
import { type AllocatorDriver, createDriver } from './driver.js';
import { createFaultPlan, type Fault, type FaultPlan } from './faults.js';
import { createIds } from './ids.js';
import { createLastMinute } from './last-minute.js';
import { createMetrics } from './metrics.js';
import { createProcessWatch, linuxProcesses } from './process-watch.js';
import type { QuotaStore } from './quota-store.js';
import { assertSameGpus, knownProcesses } from './readopt.js';
import { type SnapshotSize, takeSnapshot } from './snapshot.js';
import { createSpaceLabels, type SpaceLabels } from './space-labels.js';
import { spaceOfClient } from './space-of-client.js';
import { createWaitingStreams } from './streams.js';
import type { VisitorTokens } from './visitor-tokens.js';

/** How long an app that reports its start may be kept waiting for the names of its functions. */
const NAMES_WITHIN_MS = 1_000;

export interface AllocatorOptions {
  readonly rules: AllocatorRules;
  readonly backend: GpuBackend;
  readonly tokens: VisitorTokens;
  readonly clock: Clock;
  /** Told of every change of every call, in order. */
  readonly onRecord: (record: CallRecord) => void;
  /** The app of a Space reports its start, and waits until this resolves, a second at most. */
  readonly onStartupReport?: (space: string) => Promise<void>;
  /** Answers on demand; none by default. */
  readonly faults?: FaultPlan;
  readonly onFault?: (fault: Fault) => void;
  /** 0 for any free port; the next free one where it was not named by the user. */
  readonly port?: { readonly number: number; readonly explicit: boolean };
  /** Folder of the ledger; without one everything is kept in memory and ends with the process. */
  readonly ledgerDir?: string | null;
  /** Where the quotas are shared with other hosts: the store that has them. */
  readonly quotaStore?: QuotaStore | null;
  /** What was repaired at the start, and problems with the ledger, as sentences. */
  readonly onNotice?: (message: string) => void;
  /** The ledger can't be trusted any more: the host has to end. */
  readonly onFatal?: (error: UserError) => void;
  /** The cluster that this host is a node of. */
  readonly cluster?: ClusterHost | null;
  /** For the control API; without a secret there is none. */
  readonly control?: {
    readonly secret: string;
    readonly kind: 'serve' | 'run';
    readonly zerogpuVersion: string;
    /** Calls are traced (`--otlp`): runs that join learn it. */
    readonly traced?: boolean;
    /** What a visitor of a Space that has joined reads. */
    readonly onTold?: (message: string, visitor: string) => void;
  };
}

export interface SpaceRegistration {
  /** What the Space's package sends as cgroupPath. */
  readonly id: string;
  readonly name: string;
  readonly owner: Owner;
  /** Where the app tells the names of its functions (zerogpu_tasks.py). */
  readonly tasksSocket: string | null;
}

/** A running allocator: device API and control API on loopback, and the way in for its own host. */
export interface AllocatorServer {
  /** What the Space gets as SPACES_ZERO_DEVICE_API_URL. */
  readonly url: string;
  readonly state: AllocatorState;
  readonly labels: SpaceLabels;
  /** @throws UserError E_HOSTING_LIMIT */
  register(space: SpaceRegistration): Promise<void>;
  /** Feeds an event of the host (a Space started, an operator's command) to the core. */
  submit(event: AllocatorEvent): Promise<Answer>;
  snapshot(size: SnapshotSize): Snapshot;
  /** A Space has ended. Resolves when its calls have, and are charged. */
  spaceGone(space: string): Promise<void>;
  /**
   * Takes nothing on any more: refuses what waits and ends what runs. Resolves when every call has ended
   * and is charged, or when a worker does not die.
   */
  stop(): Promise<void>;
  /** Ends waiting streams, stops timers, closes port and ledger. Workers are not touched. */
  close(): Promise<void>;
}

/**
 * Starts an allocator on 127.0.0.1. With a ledger it continues where the last one ended.
 *
 * @throws UserError E_PORT_TAKEN when `port` is in use; E_STATE_LOCKED, E_LEDGER_DAMAGED and the
 *   like for a ledger that can't be used
 */
export async function startAllocator(options: AllocatorOptions): Promise<AllocatorServer> {
  const { backend, clock } = options;
  const rules = { ...options.rules, speed: clock.speed ?? 1 };
  const notice = options.onNotice ?? (() => {});
  const opened = options.ledgerDir ? await openLedger(options.ledgerDir) : null;
  const before = opened?.recovered.state ?? null;
  for (const repair of opened?.recovered.repairs ?? []) notice(repair);
  const alive = before && opened?.sameBoot ? knownProcesses(before).filter(isProcessAlive) : [];
  if (before) assertSameGpus(before, backend.slices, alive);

  const reportStuck = ({ pid }: ProcessId) =>
    notice(
      `process ${pid} has not ended 10 s after SIGKILL: its slice is out of use until it does`,
    );
  const streams = createWaitingStreams();
  const labels = createSpaceLabels();
  const lastMinute = createLastMinute();
  const cluster = options.cluster ?? null;
  const metrics = createMetrics(() => cluster?.gauges() ?? []);
  const newId = createIds();
  const startedMonotonicMs = clock.now().monotonicMs;
  const faults = options.faults ?? createFaultPlan([], 0);
  let control: ControlApi | null = null;
  const driver: AllocatorDriver = createDriver(before ?? createState(rules, backend.slices), {
    clock,
    backend,
    onRecord(record) {
      lastMinute.add(record);
      metrics.add(record);
      options.onRecord(record);
      control?.record(record);
    },
    onLedgerStatus: (status, problem) => notice(ledgerNotice(status, problem)),
    quotaStore: options.quotaStore ?? null,
    onQuotaStore: (problem) => notice(storeNotice(problem)),
    onFatal: options.onFatal ?? ((error) => notice(error.message)),
    createWatch: (onDeath) => createProcessWatch(clock, onDeath, linuxProcesses, reportStuck),
    createLedger: (ports) => opened?.start(ports) ?? createMemoryLedger(),
  });
  const http = createDeviceApi({
    clock,
    driver,
    streams,
    spaceOf: ({ remotePort, relayedFor }) =>
      relayedFor ?? spaceOfClient(driver.state.spaces.values(), remotePort),
    async onStartupReport(space) {
      const learned = Promise.all([labels.learn(space), options.onStartupReport?.(space)]);
      await Promise.race([learned, after(clock, NAMES_WITHIN_MS)]);
    },
    defaultSize: labels.defaultSize,
    verifyToken: options.tokens.verify,
    newId,
    identify: identifyProcess,
    isDescendant: isDescendantOf,
    measure,
    faults,
    onFault: options.onFault ?? (() => {}),
    onError: (error) => notice(`a request failed: ${explain(error)}`),
  });
  const { kind = 'run', zerogpuVersion = '', traced = false } = options.control ?? {};
  const sources = () => ({
    ...{ state: driver.state, backend, ledger: driver.ledger, labels, lastMinute, faults },
    ...{ kind, zerogpuVersion, traced, startedMonotonicMs },
  });
  if (options.control) {
    const { secret } = options.control;
    const onTold = options.control.onTold ?? (() => {});
    control = createControlApi(http, {
      clock,
      driver,
      secret,
      newId,
      labels,
      metrics,
      faults,
      onTold,
      sources,
      cluster,
      device: () => ({ environment: backend.environment(), pythonPath: backend.pythonPath() }),
    });
  }
  if (before) {
    const sameBoot = opened?.sameBoot ?? false;
    const { slices } = backend;
    void driver.submit({ type: 'restarted', at: clock.now(), rules, slices, sameBoot, alive });
    driver.shared?.deliver();
  }

  function measure(allowToken: string) {
    const worker = driver.state.leases.get(allowToken)?.process;
    const memory = worker ? backend.readMemory(worker) : null;
    const gpuUsed = memory !== null || backend.samplesMemory === true;
    return { gpuUsed, peakVramBytes: memory?.callPeakBytes ?? null };
  }

  attachBackend(backend, driver, clock, { notice, fatal: options.onFatal });

  async function close(): Promise<void> {
    await driver.close();
    streams.close();
    control?.close();
    await http.close();
    await opened?.release();
  }

  try {
    const { number, explicit } = options.port ?? { number: 0, explicit: true };
    const { url } = await listenOrExplain(http.server, {
      host: '127.0.0.1',
      port: number,
      explicit,
    });
    return {
      url,
      state: driver.state,
      labels,
      async register({ id: space, name, owner, tasksSocket }) {
        const answer = await driver.submit({
          type: 'register-space',
          at: clock.now(),
          requestId: newId(),
          ...{ space, name, owner, root: null },
        });
        if (answer.type === 'space-refused') {
          throw tooManySpaces(owner, answer.hosted, answer.limit);
        }
        if (answer.type !== 'space-registered') throw unwritable(driver.ledger);
        if (tasksSocket) labels.setSocket(space, tasksSocket);
      },
      submit: driver.submit,
      snapshot: (size) => takeSnapshot(sources(), size, clock.now()),
      async spaceGone(space) {
        const gone = driver.submit({ type: 'space-gone', at: clock.now(), space });
        await driver.untilEnded((lease) => lease.space === space);
        await gone;
      },
      async stop() {
        const stopped = driver.submit({ type: 'stop', at: clock.now() });
        await driver.untilEnded(() => true);
        await stopped;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function after(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** With the stack: an unexpected error is a bug, and this line is its only trace. */
function explain(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function unwritable({ path, problem }: Ledger): UserError {
  return new UserError('E_STATE_DIR', `the ledger ${path} can't be written`, {
    why: problem ?? 'The disk takes nothing.',
    fix: ['make room on that disk', '--fresh   (quotas in memory)'],
    exitCode: EXIT.cannot,
  });
}

function storeNotice(problem: string | null): string {
  if (problem === null) return 'the store of the quotas answers again';
  return `the store of the quotas can't be asked: ${problem}; new calls are refused, running ones go on`;
}

function ledgerNotice(status: LedgerStatus, problem: string | null): string {
  if (status !== 'failing') return 'the ledger can be written again';
  return `the ledger can't be written: ${problem}; new calls are refused, running ones go on`;
}
