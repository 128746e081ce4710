import { randomBytes } from 'node:crypto';
import type { GpuBackend } from '../../gpu/port.js';
import type { Clock } from '../../shared/clock.js';
import { listenOrExplain } from '../../shared/listen.js';
import { identifyProcess, isDescendantOf } from '../../shared/process-table.js';
import type { AllocatorEvent, AllocatorRules, AllocatorState, CallRecord } from '../core/types.js';
import { createDeviceApi } from './device-api.js';
import { createDriver } from './driver.js';
import { createFaultPlan, type Fault, type FaultPlan } from './faults.js';
import { createProcessWatch } from './process-watch.js';
import { createSpaceRegistry, type SpaceRegistry } from './space-registry.js';
import { createWaitingStreams } from './streams.js';
import type { VisitorTokens } from './visitor-tokens.js';

export interface AllocatorOptions {
  readonly rules: AllocatorRules;
  readonly backend: GpuBackend;
  readonly tokens: VisitorTokens;
  readonly clock: Clock;
  /** Told of every change of every call, in order. */
  readonly onRecord: (record: CallRecord) => void;
  /** A Space with at least one GPU function has called `launch()`. */
  readonly onStartupReport?: () => void;
  /** Answers on demand; none by default. */
  readonly faults?: FaultPlan;
  readonly onFault?: (fault: Fault) => void;
  /** 0 for any free port. */
  readonly port?: number;
}

/** A running allocator: the device API on loopback, and the way in for its own host. */
export interface AllocatorServer {
  /** What the Space gets as SPACES_ZERO_DEVICE_API_URL. */
  readonly url: string;
  readonly spaces: SpaceRegistry;
  readonly state: AllocatorState;
  /** Feeds an event of the host (a Space ended, an operator's command) to the core. */
  dispatch(event: AllocatorEvent): void;
  /** Ends waiting streams, stops timers and closes the port. Workers are not touched. */
  close(): Promise<void>;
}

/**
 * Starts an allocator on 127.0.0.1.
 *
 * @throws UserError E_PORT_TAKEN when `port` is in use
 */
export async function startAllocator(options: AllocatorOptions): Promise<AllocatorServer> {
  const { backend, clock } = options;
  const streams = createWaitingStreams();
  const spaces = createSpaceRegistry(options.onStartupReport ?? (() => {}));
  const api = createDeviceApi({
    clock,
    driver: () => driver,
    streams,
    spaces,
    verifyToken: options.tokens.verify,
    newId: () => randomBytes(24).toString('base64url'),
    identify: identifyProcess,
    isDescendant: isDescendantOf,
    measure,
    faults: options.faults ?? createFaultPlan([], 0),
    onFault: options.onFault ?? (() => {}),
  });
  const driver = createDriver(options.rules, {
    clock,
    backend,
    answer: api.answer,
    onRecord: options.onRecord,
    createWatch: (onDeath) => createProcessWatch(clock, onDeath),
  });

  function measure(allowToken: string) {
    const worker = driver.state.leases.get(allowToken)?.process;
    const memory = worker ? backend.readMemory(worker) : null;
    return { gpuUsed: memory !== null, peakVramBytes: memory?.callPeakBytes ?? null };
  }

  await api.app.ready();
  const { url } = await listenOrExplain(api.app.server, {
    host: '127.0.0.1',
    port: options.port ?? 0,
    explicit: true,
  });
  return {
    url,
    spaces,
    get state() {
      return driver.state;
    },
    dispatch: (event) => driver.dispatch(event),
    async close() {
      driver.close();
      streams.close();
      // Fastify would do this itself had it done the listening.
      api.app.server.closeAllConnections();
      await api.app.close();
    },
  };
}
