/** One allocator of a cluster in this process, and calls as the `spaces` package makes them. */

import { type ChildProcess, spawn } from 'node:child_process';
import type { CallRecord, Visitor } from '../../../src/allocator/core/types.js';
import { type AllocatorServer, startAllocator } from '../../../src/allocator/server/index.js';
import { createVisitorTokens } from '../../../src/allocator/server/visitor-tokens.js';
import { connectStore, createQuotaStore, parseStoreAddress } from '../../../src/cluster/index.js';
import type { GpuBackend } from '../../../src/gpu/port.js';
import { loadProfile } from '../../../src/platform/index.js';
import { type Clock, systemClock } from '../../../src/shared/clock.js';
import { identifyProcess } from '../../../src/shared/process-table.js';
import { makeSlices } from '../../../src/simulate/virtual-host.js';

const SPACE = '/zerogpu/test';
const profile = loadProfile('h200');
const tokens = createVisitorTokens(new Uint8Array(32).fill(7), systemClock);

export interface ClusterHost {
  readonly server: AllocatorServer;
  readonly records: CallRecord[];
  readonly notices: string[];
  schedule(visitor: Visitor, seconds: number): Promise<Response>;
  /** A whole call: its worker is allowed and released. @returns the status of /schedule */
  call(visitor: Visitor, seconds: number): Promise<number>;
  /** The granted call begins. @returns its worker */
  allow(allowToken: string): Promise<ChildProcess>;
  release(allowToken: string): Promise<number>;
  close(): Promise<void>;
}

export interface HostOptions {
  readonly slices?: number;
  readonly ledgerDir?: string;
  readonly clock?: Clock;
}

/** @param storeUrl of its cluster */
export async function startClusterHost(
  storeUrl: string,
  { slices = 4, ledgerDir, clock = systemClock }: HostOptions = {},
): Promise<ClusterHost> {
  const store = await connectStore(parseStoreAddress(storeUrl, {}));
  const records: CallRecord[] = [];
  const notices: string[] = [];
  const workers: ChildProcess[] = [];
  const server = await startAllocator({
    rules: { profile, longestCallSeconds: null, concurrencyPerSpace: null },
    backend: backendWith(slices),
    tokens,
    clock,
    quotaStore: createQuotaStore(store, profile),
    onRecord: (record) => records.push(record),
    onNotice: (notice) => notices.push(notice),
    ledgerDir: ledgerDir ?? null,
  });
  await server.register({
    ...{ id: SPACE, name: 'test', tasksSocket: null },
    owner: { name: 'ada', kind: 'pro' },
  });
  const root = identifyProcess(process.pid);
  if (root) await server.submit({ type: 'space-started', at: clock.now(), space: SPACE, root });

  async function post(path: string, query: Record<string, string | number>): Promise<Response> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    return fetch(`${server.url}${path}?${search}`, { method: 'POST' });
  }
  async function schedule(visitor: Visitor, durationSeconds: number): Promise<Response> {
    const token = await tokens.sign(visitor);
    const query = { cgroupPath: SPACE, taskId: 1, enableQueue: 'true', token, durationSeconds };
    return post('/schedule', query);
  }
  async function allow(allowToken: string): Promise<ChildProcess> {
    const worker = spawn('sleep', ['60'], { stdio: 'ignore' });
    workers.push(worker);
    await post('/allow', { allowToken, pid: worker.pid ?? 0 });
    return worker;
  }
  const release = async (allowToken: string) =>
    (await post('/release', { allowToken, fail: 'false' })).status;
  return {
    ...{ server, records, notices, schedule, allow, release },
    async call(visitor, seconds) {
      const answer = await schedule(visitor, seconds);
      if (answer.status !== 200) return answer.status;
      const { allowToken } = (await answer.json()) as { allowToken: string };
      await allow(allowToken);
      await release(allowToken);
      return answer.status;
    },
    async close() {
      await server.close();
      store.close();
      for (const worker of workers) worker.kill('SIGKILL');
    },
  };
}

function backendWith(slices: number): GpuBackend {
  return {
    ...{ name: 'mock', description: 'a test device', slices: makeSlices(slices, 1, 1e9) },
    environment: () => ({}),
    pythonPath: () => [],
    beginCall() {},
    readMemory: () => ({ allocatedBytes: 10, callPeakBytes: 20 }),
    forget() {},
    close: async () => {},
  };
}
