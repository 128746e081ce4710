import type { NamedSpace, NodeFacts } from '../../../src/cluster/index.js';
import type { ClusterView } from '../../../src/cluster/registry/records.js';

/** A node with one GPU of two slices and nothing on it. */
export const nodeFacts = (changes: Partial<NodeFacts> = {}): NodeFacts => ({
  ...{ identity: 'one', host: 'gpu-1', url: 'http://127.0.0.1:4100', pid: 4_100 },
  ...{ zerogpuVersion: '0.1.0', platform: 'h200', gpus: 1, slices: 2, vramBytes: 80e9 },
  ...{ upSeconds: 60, runningCalls: 0, waitingCalls: 0, spaces: 0, waitP95Seconds: null },
  load: { callsPerSecond: 0, busySlices: 0, squaredSeconds: 0 },
  ...changes,
});

/** @param id `owner/name` */
export function spaceFacts(id: string, changes: Partial<NamedSpace> = {}): NamedSpace {
  const [owner = '', name = ''] = id.split('/');
  const load = { callsPerSecond: 0.1, busySlices: 0.5, squaredSeconds: 5 };
  return { id, owner, name, ownerKind: 'pro', load, ...changes };
}

/** A cluster without nodes and Spaces. */
export const clusterView = (changes: Partial<ClusterView> = {}): ClusterView => ({
  ...{ atMs: 0, nodes: [], gone: [], spaces: [], absentDrained: [], unreadable: [] },
  ...changes,
});
