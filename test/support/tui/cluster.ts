/** Clusters as their nodes and their store have them, always the same for the same arguments. */
import {
  type ClusterSnapshot,
  type ClusterSnapshotNode,
  clusterSnapshotSchema,
} from '../../../src/allocator/client/cluster-snapshot.js';
import { busySnapshot } from './snapshots.js';

const AT = busySnapshot().at;

export function clusterNode(
  name: string,
  changes: Partial<ClusterSnapshotNode> = {},
): ClusterSnapshotNode {
  const snapshot = changes.state === 'gone' ? null : busySnapshot();
  return {
    ...{ name, state: 'ready', lastBeatAt: AT, lastBeatSecondsAgo: 0, snapshot },
    ...changes,
  };
}

export function clusterSnapshot(
  nodes: readonly ClusterSnapshotNode[],
  visitors = busySnapshot().visitors.entries,
): ClusterSnapshot {
  return clusterSnapshotSchema.parse({ version: 1, at: AT, nodes, visitors });
}
