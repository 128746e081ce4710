/** The load as a workload of `zerogpu simulate`: the same seed gives both the same visits. Pure. */
import { planSimulation, type SimulationPlan } from '../simulate/plan.js';
import { type Visit, Visits } from '../simulate/visits.js';
import { type Workload, workloadSchema } from '../simulate/workload.js';
import type { LoadOptions } from './options.js';

const SECONDS_A_DAY = 86_400;

/** What the load runs on. */
export interface LoadHost {
  readonly platform: string;
  readonly gpus: number;
  /** Of each GPU. */
  readonly slices: number;
  readonly space: string;
}

/** One call that a visitor makes, whatever became of those before. */
export interface Arrival {
  /** Milliseconds from the start of the load. */
  readonly atMs: number;
  readonly tierIndex: number;
  /** As a token has it: `pro:load-0`. */
  readonly visitor: string;
}

/**
 * The workload, for `zerogpu simulate`.
 *
 * @param realSeconds what a call holds the GPU for; the load itself does not need it
 */
export function workloadOf(
  { perSecond, visitors, seconds, endpoint }: LoadOptions,
  { platform, gpus, slices, space }: LoadHost,
  realSeconds = 0,
): Workload {
  const all = [...visitors.values()].reduce((sum, count) => sum + count, 0);
  const perVisitor = (perSecond * SECONDS_A_DAY) / all;
  return workloadSchema.parse({
    ...{ platform, gpus, slices, hours: seconds / 3_600, pattern: 'flat' },
    visitors: Object.fromEntries(
      [...visitors].map(([tier, people]) => [tier, { per_day: perVisitor * people, people }]),
    ),
    spaces: { [space]: { functions: { [endpoint]: { real: realSeconds } } } },
  });
}

/** @throws UserError E_SIMULATE_INPUT for a tier that the platform does not have */
export function planLoad(options: LoadOptions, host: LoadHost): SimulationPlan {
  return planSimulation(workloadOf(options, host));
}

/** Every call of the load in its order. */
export function arrivalsOf(plan: SimulationPlan, seed: number): readonly Arrival[] {
  const visits = new Visits(plan, seed, 0);
  const arrivals = plan.tiers.flatMap((_, tierIndex) => {
    const ofTier: Arrival[] = [];
    for (;;) {
      const atMs = visits.nextArrivalMs(tierIndex);
      if (!Number.isFinite(atMs)) return ofTier;
      ofTier.push({ atMs, tierIndex, visitor: nameOf(visits.begin(tierIndex)) });
    }
  });
  return arrivals.sort((a, b) => a.atMs - b.atMs);
}

/** `pro:3` of the simulator is `pro:load-3`, with a quota that no other visitor uses. */
const nameOf = ({ visitor }: Visit) => visitor.key.replace(':', ':load-');
