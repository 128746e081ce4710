/** Where a Space of a cluster should start. */
import { addLoads, type PlacementNode, placeSpaces } from '../placement/index.js';
import type { ClusterSpace, ClusterView } from './records.js';

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
