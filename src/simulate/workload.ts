/** What `zerogpu simulate FILE` reads: Spaces, visitors and GPUs, as data. */
import * as z from 'zod';
import { GPU_SIZES } from '../platform/tiers.js';
import { distributionSchema, seconds } from './distribution.js';

/** A visit a day, hour by hour; any scale. */
const hourly = z.array(z.number().nonnegative()).length(24);

/**
 * Named shapes of a day. `flat` has the same rate at each hour. `day` is a choice of this project: one
 * trough at night and one peak in the evening, as public web traffic has them.
 */
export const PATTERNS = {
  flat: Array.from({ length: 24 }, () => 1),
  day: [
    0.45, 0.35, 0.3, 0.28, 0.3, 0.38, 0.55, 0.75, 0.95, 1.1, 1.2, 1.25, 1.25, 1.3, 1.35, 1.4, 1.45,
    1.5, 1.55, 1.6, 1.55, 1.35, 1.05, 0.7,
  ],
} as const;

const visitorsSchema = z.strictObject({
  per_day: z.number().nonnegative().describe('visits that begin in 24 hours'),
  people: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('distinct visitors, each with a quota; null: each visit is another person'),
  calls: distributionSchema.default(1).describe('GPU calls of one visit, rounded'),
  think: distributionSchema
    .default({ exponential: 30 })
    .describe('seconds between the end of a call and the next call of the visit'),
  patience: distributionSchema
    .nullable()
    .default(null)
    .describe('seconds that a visitor waits in the queue before they leave; null: to the time-out'),
  credits: seconds.default(0).describe('prepaid seconds that each visitor has'),
});

const functionSchema = z.strictObject({
  declared: seconds
    .refine((value) => value > 0, 'must be above zero')
    .nullable()
    .default(null)
    .describe("@spaces.GPU(duration=…); null for the platform's default"),
  real: distributionSchema.describe('seconds that a warm call holds the GPU'),
  cold: distributionSchema.default(0).describe('seconds that the first call of a worker adds'),
  size: z.enum(GPU_SIZES).default('large'),
  share: z.number().positive().default(1).describe('share of the calls of its Space'),
});

const spaceSchema = z.strictObject({
  share: z.number().positive().default(1).describe('share of all visits'),
  functions: z
    .record(z.string().min(1), functionSchema)
    .refine((functions) => Object.keys(functions).length > 0, 'needs at least one function'),
});

const policySchema = z.strictObject({
  queue_timeout: seconds.optional(),
  ageing: seconds.optional().describe('seconds of waiting that lift a waiter by one tier'),
  quota_classes: z.int().positive().optional(),
  quota: z.record(z.string(), seconds).optional().describe('seconds a day, by tier'),
  rank: z.record(z.string(), z.int().nonnegative()).optional().describe('queue rank, by tier'),
  longest_call: z.record(z.string(), seconds).optional().describe('cap of one call, by tier'),
  concurrency_per_space: z.int().positive().nullable().optional(),
});

const hostCount = z.int().min(1).max(100_000);

/** How a Space gets its host. */
export const PLACEMENTS = ['round-robin', 'least-wait'] as const;

export const workloadSchema = z.strictObject({
  platform: z.string().optional().describe('h200 (default) or rtx-pro-6000'),
  gpus: z.int().min(1).max(100_000).default(1).describe('GPUs of one host'),
  slices: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe("slices of one GPU; the platform's by default"),
  hosts: z
    .union([hostCount, z.array(hostCount).min(1).max(100_000)])
    .default(1)
    .describe('GPU hosts with a queue each: how many, or for each how many times `gpus` it has'),
  placement: z
    .enum(PLACEMENTS)
    .default('round-robin')
    .describe(
      'which host a Space lives on: the next one, or that on which its visitors wait least',
    ),
  hours: z
    .number()
    .positive()
    .max(24 * 366)
    .default(24),
  warmup: z
    .union([z.enum(['none', 'auto']), seconds])
    .default('none')
    .describe('what is left out at the beginning; auto: MSER-5 over the waits'),
  pattern: z.union([z.enum(['flat', 'day']), hourly]).default('day'),
  visitors: z
    .record(z.string(), visitorsSchema)
    .refine(
      (tiers) => Object.values(tiers).some((tier) => tier.per_day > 0),
      'no tier has a visit',
    ),
  spaces: z
    .record(z.string().min(1), spaceSchema)
    .refine((spaces) => Object.keys(spaces).length > 0, 'needs at least one Space'),
  policy: policySchema.default({}),
});

export type Workload = z.infer<typeof workloadSchema>;
