import { hostname } from 'node:os';
import type { ClusterHost } from '../../allocator/server/cluster-host.js';
import type { Load } from '../placement/index.js';

/**
 * What /metrics says of a host as a node.
 *
 * @param beatAgeMs NaN before the first beat that the store answered
 */
export function nodeGauges(
  node: string,
  load: Load,
  isDrained: boolean,
  beatAgeMs: number,
): ReturnType<ClusterHost['gauges']> {
  return [
    {
      name: 'zerogpu_node_info',
      help: 'Always 1; the name of this node in its cluster.',
      labels: { node, host: hostname() },
      value: 1,
    },
    {
      name: 'zerogpu_node_drained',
      help: '1 while the node takes no further Space.',
      value: isDrained ? 1 : 0,
    },
    {
      name: 'zerogpu_node_offered_slices',
      help: 'Slices that the calls of its Spaces would keep busy.',
      value: load.busySlices,
    },
    {
      name: 'zerogpu_node_beat_age_seconds',
      help: 'Since the store last answered a beat of this node.',
      value: beatAgeMs / 1_000,
    },
  ];
}
