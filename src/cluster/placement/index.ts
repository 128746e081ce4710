export { addLoads, type Load, NO_LOAD } from './load.js';
export {
  type PlacedSpace,
  type PlacementNode,
  placeSpaces,
  type RankedNode,
  rankNodes,
} from './place.js';
