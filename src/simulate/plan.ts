/** A workload made ready to run: the profile with the file's policy, Spaces and tiers as lists. */

import type { AllocatorRules, GpuSize, Tier } from '../allocator/core/types.js';
import { durationFactorOf, sentSeconds } from '../platform/durations.js';
import { loadProfile } from '../platform/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { tierFacts } from '../platform/tier-facts.js';
import { UserError } from '../shared/errors.js';
import { createSampler, meanOf, type Sampler } from './distribution.js';
import { gpusOfHosts, hostsOfSpaces, type OfferedFunction } from './place-hosts.js';
import { PATTERNS, type Workload } from './workload.js';

export interface PlannedFunction {
  readonly space: string;
  readonly name: string;
  readonly declaredSeconds: number | null;
  /** What the client sends: with the profile's factor on `large`, as `spaces` does it. */
  readonly sentSeconds: number | null;
  readonly size: GpuSize;
  readonly real: Sampler;
  readonly cold: Sampler;
  readonly meanRealSeconds: number;
  /** Host that the Space lives on. */
  readonly host: number;
}

export interface PlannedTier {
  readonly tier: Tier;
  readonly perDay: number;
  /** Distinct visitors; null when each visit is another person. */
  readonly people: number | null;
  readonly calls: Sampler;
  readonly think: Sampler;
  readonly patience: Sampler | null;
  readonly creditSeconds: number;
}

export interface SimulationPlan {
  readonly rules: AllocatorRules;
  /** GPUs of each host. */
  readonly gpusOfHosts: readonly number[];
  readonly slicesPerGpu: number;
  readonly horizonMs: number;
  readonly warmup: 'none' | 'auto' | number;
  /** Visits per day relative to their mean, by hour; their mean is 1. */
  readonly hourly: readonly number[];
  readonly tiers: readonly PlannedTier[];
  readonly functions: readonly PlannedFunction[];
  /** Upper ends of the functions' shares of all calls, ascending to 1. */
  readonly shares: readonly number[];
}

/** Of all hosts. */
export function gpusOf({ gpusOfHosts }: Pick<SimulationPlan, 'gpusOfHosts'>): number {
  return gpusOfHosts.reduce((sum, gpus) => sum + gpus, 0);
}

/** A host and the Spaces that live there. */
export interface HostedSpaces {
  readonly gpus: number;
  readonly spaces: readonly string[];
}

export function hostsOf({ gpusOfHosts, functions }: SimulationPlan): readonly HostedSpaces[] {
  return gpusOfHosts.map((gpus, index) => {
    const own = functions.filter(({ host }) => host === index);
    return { gpus, spaces: [...new Set(own.map(({ space }) => space))] };
  });
}

/**
 * @param platform overrides the file's
 * @throws UserError E_PLATFORM_UNKNOWN, E_SIMULATE_INPUT when the file names a tier that the platform lacks
 */
export function planSimulation(workload: Workload, platform: string | null = null): SimulationPlan {
  const base = loadProfile(platform ?? workload.platform ?? 'h200');
  const profile = withPolicy(base, workload);
  const hourly = hourlyOf(workload);
  const offered = functionsOf(workload, profile);
  const hosts = hostsOfSpaces(workload, profile, offered, Math.max(...hourly));
  return {
    rules: {
      profile,
      longestCallSeconds: null,
      concurrencyPerSpace: workload.policy.concurrency_per_space ?? null,
    },
    gpusOfHosts: gpusOfHosts(workload),
    slicesPerGpu: workload.slices ?? profile.gpu.slicesPerGpu,
    horizonMs: workload.hours * 3_600_000,
    warmup: workload.warmup,
    hourly,
    tiers: tiersOf(workload, profile),
    functions: offered.map(({ callShare: _, ...fn }) => ({
      ...fn,
      host: hosts.get(fn.space) ?? 0,
    })),
    shares: upperEnds(offered.map(({ callShare }) => callShare)),
  };
}

function hourlyOf({ pattern }: Workload): readonly number[] {
  const weights: readonly number[] = typeof pattern === 'string' ? PATTERNS[pattern] : pattern;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum <= 0) throw inputError('pattern', 'has no hour with a visit');
  return weights.map((weight) => (weight * weights.length) / sum);
}

function tiersOf(workload: Workload, profile: PlatformProfile): readonly PlannedTier[] {
  return Object.entries(workload.visitors).map(([name, load]) => ({
    tier: tierNamed(name, profile, 'visitors'),
    perDay: load.per_day,
    people: load.people,
    calls: createSampler(load.calls),
    think: createSampler(load.think),
    patience: load.patience === null ? null : createSampler(load.patience),
    creditSeconds: load.credits,
  }));
}

function functionsOf(workload: Workload, profile: PlatformProfile): readonly OfferedFunction[] {
  const spaces = Object.entries(workload.spaces);
  const spaceShares = spaces.reduce((sum, [, space]) => sum + space.share, 0);
  const list: OfferedFunction[] = [];
  for (const [space, load] of spaces) {
    const functions = Object.entries(load.functions);
    const all = functions.reduce((total, [, fn]) => total + fn.share, 0);
    for (const [name, fn] of functions) {
      if (profile.sizes[fn.size] === null) {
        throw inputError(
          `spaces.${space}.functions.${name}.size`,
          `is "${fn.size}", which ${profile.name} does not have`,
        );
      }
      const factor = durationFactorOf(profile, fn.size);
      const declared = fn.declared ?? (factor === 1 ? null : profile.defaultDurationSeconds);
      list.push({
        space,
        name,
        declaredSeconds: fn.declared,
        sentSeconds: declared === null ? null : sentSeconds(profile, fn.size, declared),
        size: fn.size,
        real: createSampler(fn.real),
        cold: createSampler(fn.cold),
        meanRealSeconds: meanOf(fn.real),
        callShare: ((load.share / spaceShares) * fn.share) / all,
      });
    }
  }
  return list;
}

function upperEnds(shares: readonly number[]): readonly number[] {
  let sum = 0;
  return shares.map((share) => {
    sum += share;
    return sum;
  });
}

/** The profile with the policy of the file; `h200` and the rest stay as they are. */
function withPolicy(base: PlatformProfile, { policy }: Workload): PlatformProfile {
  const profile = structuredClone(base);
  if (policy.queue_timeout !== undefined) profile.queue.timeoutSeconds = policy.queue_timeout;
  if (policy.ageing !== undefined) profile.queue.ageingSecondsPerTier = policy.ageing;
  if (policy.quota_classes !== undefined) profile.queue.quotaClasses = policy.quota_classes;
  for (const [name, value] of Object.entries(policy.quota ?? {})) {
    const facts = tierFacts(profile, tierNamed(name, profile, 'policy.quota'));
    facts.quotaSeconds = value;
    // A cap of one call that is the whole quota moves with it.
    facts.longestCallSeconds = Math.max(value, facts.longestCallSeconds);
  }
  for (const [name, value] of Object.entries(policy.longest_call ?? {})) {
    const facts = tierFacts(profile, tierNamed(name, profile, 'policy.longest_call'));
    facts.longestCallSeconds = value;
  }
  for (const [name, value] of Object.entries(policy.rank ?? {})) {
    const facts = tierFacts(profile, tierNamed(name, profile, 'policy.rank'));
    facts.queueRank = value;
  }
  return profile;
}

function tierNamed(name: string, profile: PlatformProfile, where: string): Tier {
  if (Object.hasOwn(profile.tiers, name)) return name as Tier;
  throw inputError(
    `${where}.${name}`,
    `is not a tier of ${profile.name}: ${Object.keys(profile.tiers).join(', ')}`,
  );
}

/** An error in a workload file, at a path in it. */
export function inputError(path: string, what: string): UserError {
  return new UserError('E_SIMULATE_INPUT', `the workload's ${path} ${what}`, {
    fix: 'zerogpu simulate --example > workload.yaml',
  });
}
