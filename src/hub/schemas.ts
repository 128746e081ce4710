/** The Hub's answers as documented. Unknown fields are ignored, known ones must be what they are said to be. */
import * as z from 'zod';

const instant = z.iso.datetime({ offset: true });
const name = z.string().min(1).max(200);

export const quotaSchema = z.object({
  base: z.number().nonnegative(),
  /** Seconds left, not used. */
  current: z.number(),
  resetsAt: instant.nullish(),
  overquotaUsed: z.number().nonnegative().nullish(),
  runs: z
    .object({
      used: z.number().nonnegative(),
      limit: z.number().nonnegative(),
      remaining: z.number(),
      resetsAt: instant.nullish(),
    })
    .nullish(),
});

export const whoSchema = z.object({
  name,
  isPro: z.boolean().default(false),
  orgs: z.array(z.object({ name, plan: z.string().max(100).nullish() })).default([]),
});

const runtime = z.object({
  stage: z.string(),
  hardware: z.object({ current: z.string().nullish(), requested: z.string().nullish() }).nullish(),
  gcTimeout: z.number().nullish(),
  errorMessage: z.string().nullish(),
});
export const runtimeSchema = runtime;

export const spaceSchema = z.object({
  id: name,
  host: z.string().nullish(),
  private: z.boolean().default(false),
  sdk: z.string().nullish(),
  sha: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullish(),
  runtime: runtime.nullish(),
  cardData: z.record(z.string(), z.unknown()).nullish(),
});

export const spacesSchema = z.array(z.object({ id: name, runtime: runtime.nullish() }));

/** Variables and secrets alike: by name, with what belongs to each. */
export const settingsSchema = z.record(z.string().max(500), z.unknown());

export const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string().min(1).max(4_096),
    size: z.int().nonnegative().default(0),
    oid: z
      .string()
      .regex(/^[0-9a-f]{40}$|^[0-9a-f]{64}$/)
      .nullish(),
    lfs: z
      .object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() })
      .nullish(),
  }),
);
