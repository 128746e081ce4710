import * as z from 'zod';
import { TIERS } from './tiers.js';

/** Where a fact comes from. Second-hand facts are shown as unconfirmed. */
const source = z.strictObject({
  /** The field of the profile that this speaks of, in dot notation; `*` for all the rest. */
  field: z.string(),
  source: z.string(),
  /** Day or month the fact was read, ISO 8601. */
  asOf: z.string().regex(/^\d{4}-\d{2}(-\d{2})?$/),
  confirmed: z.boolean(),
});

const tier = z.strictObject({
  /** GPU seconds a visitor of this tier has per quota window. */
  quotaSeconds: z.number().positive(),
  /** Longest duration that one call may declare, in seconds (after the size's cost factor). */
  longestCallSeconds: z.number().positive(),
  /** Calls per quota window; null when no cap is known. */
  runsPerWindow: z.int().positive().nullable(),
  /** Queue rank: a lower number is served first. */
  queueRank: z.int().nonnegative(),
});

const size = z.strictObject({
  /** Slices of one GPU that a call of this size holds. */
  slices: z.int().positive(),
  /** Quota seconds charged per second held. */
  costFactor: z.number().positive(),
  vramBytes: z.int().positive(),
});

export const profileSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  /** Day of the edition of the page that the facts are from, ISO 8601. */
  asOf: z.iso.date(),
  gpu: z.strictObject({
    /** As `torch.cuda.get_device_name()` tells it. */
    name: z.string(),
    computeCapability: z.tuple([z.int(), z.int()]),
    multiProcessorCount: z.int().positive(),
    slicesPerGpu: z.int().positive(),
    /** As the package and the driver report the card, whatever part of it a call may use. */
    memoryBytes: z.int().positive(),
    /** The package multiplies declared seconds by this unless the size is xlarge. */
    durationFactor: z.number().positive(),
  }),
  sizes: z.strictObject({ large: size, xlarge: size.nullable() }),
  sdks: z.array(z.string()),
  versions: z.strictObject({
    gradioMinimum: z.string(),
    torch: z.array(z.string()),
    python: z.array(z.string()),
  }),
  /** Team and Enterprise: members of such an organisation; absent from editions before they came. */
  tiers: z.strictObject({
    anonymous: tier,
    free: tier,
    pro: tier,
    team: tier.optional(),
    enterprise: tier.optional(),
  }),
  defaultDurationSeconds: z.number().positive(),
  /** Weights on `cuda` at start-up, which the package packs to disk. */
  packing: z.strictObject({
    /** Above so many packed bytes the package makes `xlarge` the default size; null for never. */
    xlargeAboveBytes: z.int().positive().nullable(),
    /** The Space's ephemeral disk. */
    diskBytes: z.int().positive(),
  }),
  /** Calls before `launch()`, which carry no visitor (ahead-of-time compilation). */
  startup: z.strictObject({
    /** Longest duration that such a call may declare, in seconds. */
    longestCallSeconds: z.number().positive(),
  }),
  quota: z.strictObject({
    windowSeconds: z.number().positive(),
    /** What a finished call costs: the seconds it held the GPU, or all it asked for. */
    charge: z.enum(['used', 'requested']),
  }),
  /**
   * Prepaid seconds that go on where the quota ends, and who may have them; null where the platform
   * knows none. What waits and runs on credit holds them back, as it does with the quota.
   */
  credits: z
    .strictObject({
      tiers: z.array(z.enum(TIERS)).min(1),
      /** GPU seconds that a dollar buys. */
      secondsPerDollar: z.number().positive(),
    })
    .nullable(),
  queue: z.strictObject({
    timeoutSeconds: z.number().positive(),
    /** Seconds of waiting that lift a waiter by one tier, so that no waiter starves. */
    ageingSecondsPerTier: z.number().positive(),
    /** Steps in which the quota left counts for the place in the queue; 1 to ignore it. */
    quotaClasses: z.int().positive(),
  }),
  lease: z.strictObject({
    /** Seconds between a grant and its /allow before the slice is taken back. */
    allowTimeoutSeconds: z.number().positive(),
    /** Seconds that a worker may run past its declared duration before it is killed. */
    graceSeconds: z.number().nonnegative(),
  }),
  hosting: z.strictObject({
    proSpaces: z.int().positive(),
    organizationSpaces: z.int().positive(),
    freeSpaces: z.int().nonnegative(),
  }),
  sources: z.array(source).min(1),
});

/** One edition of the platform, as data with sources (docs/platform-facts.md). */
export type PlatformProfile = z.infer<typeof profileSchema>;
export type TierFacts = PlatformProfile['tiers']['free'];
