/** Where a Space of a cluster should start. */
import {
  addLoads,
  type Load,
  NO_LOAD,
  type PlacementNode,
  placeSpaces,
  type RankedNode,
  rankNodes,
} from '../placement/index.js';
import type { ClusterSpace, ClusterView } from './records.js';

/** The nodes that may take a Space of this load, best first; the Space itself is taken off its node. */
export function rankFor(
  view: ClusterView,
  id: string,
  load: Load,
  timeoutSeconds: number,
): readonly RankedNode[] {
  return rankNodes(nodesOf(view, id), load, timeoutSeconds);
}

/** Nodes for the Spaces that lost theirs. */
export function placeLost(
  view: ClusterView,
  ids: readonly string[],
  timeoutSeconds: number,
): readonly { readonly space: ClusterSpace; readonly node: string }[] {
  const lost = view.spaces.filter(({ id, place }) => place.state === 'lost' && ids.includes(id));
  const placed = placeSpaces(nodesOf(view, null), lost, timeoutSeconds);
  return lost.flatMap((space) => {
    const node = placed.get(space.id);
    return node === undefined ? [] : [{ space, node }];
  });
}

/** The load of a Space that has never run: that of the mean Space that runs now. */
export function loadOfNewcomer({ spaces }: ClusterView): Load {
  const running = spaces.filter(({ place }) => place.state === 'running');
  if (running.length === 0) return NO_LOAD;
  const sum = addLoads(...running.map(({ load }) => load));
  return {
    callsPerSecond: sum.callsPerSecond / running.length,
    busySlices: sum.busySlices / running.length,
    squaredSeconds: sum.squaredSeconds / running.length,
  };
}

/** Loads as the Spaces have them, those that are expected to start included. */
function nodesOf({ nodes, spaces }: ClusterView, without: string | null): readonly PlacementNode[] {
  return nodes.map(({ name, slices, isDrained }) => {
    const own = spaces.filter(({ id, place }) => place.node === name && id !== without);
    return {
      ...{ name, slices, isDraining: isDrained },
      load: addLoads(...own.map(({ load }) => load)),
      spaces: own.length,
    };
  });
}
