/** `zerogpu estimate`: what a Space would take on the platform, without its weights and without a GPU. */
export {
  type EstimateRequest,
  type EstimateWorld,
  estimate,
  type RawEstimateOptions,
} from './estimate.js';
export { estimateFunctions } from './functions.js';
