/**
 * On which node a Space's visitors wait least. Pure: a cluster's nodes and the hosts of `zerogpu simulate`
 * are placed on by the same functions.
 */
import { addLoads, type Load } from './load.js';
import { meanWaitSeconds } from './wait.js';

/** A node as placement sees it. */
export interface PlacementNode {
  readonly name: string;
  readonly slices: number;
  /** Of the Spaces that are on it. */
  readonly load: Load;
  /** How many Spaces are on it. */
  readonly spaces: number;
  /** A node that is drained takes no further Space. */
  readonly isDraining: boolean;
}

export interface RankedNode {
  readonly name: string;
  /** Mean wait of a call on this node with the Space on it; at most the queue's time-out. */
  readonly waitSeconds: number;
  /** Share of the node's slices that are busy then; above 1 where there is too much work. */
  readonly busy: number;
}

export interface PlacedSpace {
  readonly id: string;
  readonly load: Load;
}

/**
 * The nodes that may take a Space, best first: by the wait of its visitors, then by the share of busy
 * slices, then by the number of Spaces, then by name.
 *
 * @param timeoutSeconds when a waiting call gives up: beyond it one wait is as bad as another
 */
export function rankNodes(
  nodes: readonly PlacementNode[],
  load: Load,
  timeoutSeconds: number,
): readonly RankedNode[] {
  return nodes
    .filter(({ isDraining, slices }) => !isDraining && slices > 0)
    .map((node) => {
      const total = addLoads(node.load, load);
      const waitSeconds = Math.min(timeoutSeconds, meanWaitSeconds(total, node.slices));
      return { node, waitSeconds, busy: total.busySlices / node.slices };
    })
    .toSorted(
      (a, b) =>
        a.waitSeconds - b.waitSeconds ||
        a.busy - b.busy ||
        a.node.spaces - b.node.spaces ||
        (a.node.name < b.node.name ? -1 : 1),
    )
    .map(({ node, waitSeconds, busy }) => ({ name: node.name, waitSeconds, busy }));
}

/**
 * Places several Spaces one after the other, the one with the most work first, each where its visitors wait
 * least with those that were placed before it.
 *
 * @returns the node of each Space; a Space is missing where no node may take it
 */
export function placeSpaces(
  nodes: readonly PlacementNode[],
  spaces: readonly PlacedSpace[],
  timeoutSeconds: number,
): ReadonlyMap<string, string> {
  const now = new Map(nodes.map((node) => [node.name, node]));
  const placed = new Map<string, string>();
  const order = spaces.toSorted(
    (a, b) => b.load.busySlices - a.load.busySlices || (a.id < b.id ? -1 : 1),
  );
  for (const { id, load } of order) {
    const [best] = rankNodes([...now.values()], load, timeoutSeconds);
    const node = best && now.get(best.name);
    if (!node) continue;
    placed.set(id, node.name);
    now.set(node.name, {
      ...node,
      load: addLoads(node.load, load),
      spaces: node.spaces + 1,
    });
  }
  return placed;
}
