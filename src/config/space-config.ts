import * as z from 'zod';
import { namesAccount } from '../shared/account-visitor.js';
import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';

/** Flags of `zerogpu run` that a Space may set for itself: nothing that says where to listen or what to start. */
const spaceRunShape = {
  gpu: z.string().optional().describe('kind of GPU: auto, mock, nvidia'),
  gpus: z.int().min(1).max(64).optional().describe('GPUs to offer'),
  slices: z.int().min(1).max(16).optional().describe('calls that share each real GPU'),
  vram: z.string().optional().describe('memory of a slice, e.g. 2GB'),
  duration: z.string().optional().describe('longest GPU time one call may hold, e.g. 90s'),
  speed: z.number().min(1).optional().describe('quota time runs this many times faster'),
  fault: z.string().optional().describe('refusals and failures on demand (docs/faults.md)'),
  seed: z.int().nonnegative().optional().describe('seed of the faults’ shares'),
  // The account is asked from the Hub with the user's token: no file of a Space may ask for that.
  as: z
    .string()
    .refine((name) => !namesAccount(name), 'account is for --as and for your own settings')
    .optional()
    .describe('visitor: anonymous, free, pro, team, enterprise, or a name: free:ada'),
  credits: z.string().optional().describe('prepaid GPU time of pro, team and enterprise, e.g. 10m'),
  port: z.int().min(0).max(65_535).optional().describe('where visitors connect'),
  startTimeout: z.string().optional().describe('how long the app may take to answer, e.g. 10m'),
  owner: z.string().optional().describe('whose Space it is: ada, free:ada, org:acme'),
  spaceId: z.string().optional().describe('its name on the Hub: owner/name'),
};

/** What `zerogpu.json` in a Space's folder may say. Flags and environment win over it. */
export const spaceConfigSchema = z.strictObject({
  $schema: z.string().optional().describe('where this schema lies, for editors'),
  platform: z.string().optional().describe('profile of the platform: h200, rtx-pro-6000'),
  check: z
    .strictObject({
      select: z.array(z.string()).optional().describe('rules to ask; all when left out'),
      ignore: z.array(z.string()).optional().describe('rules not to ask'),
      perFileIgnores: z
        .record(z.string(), z.array(z.string()))
        .optional()
        .describe('rules not to ask of some files, by a pattern of their paths: vendor/**'),
      strict: z.boolean().optional().describe('warnings fail as errors do'),
      maxWarnings: z.int().nonnegative().optional().describe('more warnings than this fail'),
      owner: z.enum(['personal', 'org']).optional().describe('who will host the Space'),
      hosted: z
        .int()
        .nonnegative()
        .optional()
        .describe('ZeroGPU Spaces that the owner has already'),
    })
    .optional()
    .describe('zerogpu check'),
  run: z.strictObject(spaceRunShape).optional().describe('zerogpu run'),
});

/** What a person may set for all their Spaces: `zerogpu config set`. */
export const userSettingsSchema = z.strictObject({
  platform: spaceConfigSchema.shape.platform,
  account: z.boolean().optional().describe("zerogpu quota shows the account's own quota"),
  run: z
    .strictObject({
      ...spaceRunShape,
      as: z
        .string()
        .optional()
        .describe('visitor: account, anonymous, free, pro, team, enterprise, or a name'),
      host: z.string().optional().describe('where visitors connect, e.g. 127.0.0.1'),
      python: z.string().optional().describe('interpreter of the Spaces'),
      logFormat: z.string().optional().describe('text, json'),
      ascii: z.boolean().optional().describe('no arrows'),
      stateDir: z.string().optional().describe('ledgers and files of runs'),
    })
    .optional(),
});

export type UserSettings = z.infer<typeof userSettingsSchema>;

export type SpaceConfig = z.infer<typeof spaceConfigSchema>;

/**
 * Reads the text of a `zerogpu.json`.
 *
 * @param file how to name it in messages
 * @throws UserError E_CONFIG_INVALID with everything that is wrong in it
 */
export function parseSpaceConfig(text: string, file: string): SpaceConfig {
  return hold(spaceConfigSchema, parseJson(text, file), file);
}

/**
 * Reads the text of the user's settings.
 *
 * @throws UserError E_CONFIG_INVALID with everything that is wrong in it
 */
export function parseUserSettings(text: string, file: string): UserSettings {
  return hold(userSettingsSchema, parseJson(text, file), file);
}

/** @throws UserError E_CONFIG_INVALID */
export function hold<T>(schema: z.ZodType<T>, content: unknown, file: string): T {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.flatMap((issue) => describe(issue, schema));
  throw new UserError('E_CONFIG_INVALID', `${file} says something that means nothing`, {
    why: wrong.join('\n'),
    fix: `edit ${file}; docs/config.md lists its keys`,
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError('E_CONFIG_INVALID', `${file} is not JSON`, {
      why: error instanceof Error ? error.message : String(error),
      fix: `edit ${file}, or remove it`,
      cause: error,
    });
  }
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): readonly string[] {
  const at = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [`${at || 'the file'}: ${issue.message}`];
  const prefix = at === '' ? '' : `${at}.`;
  const known = keysOf(schema)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length).split('.')[0] ?? '');
  const shape = [...new Set(known)];
  return issue.keys.map((key) => {
    const meant = didYouMean(key, shape);
    const hint = meant ? `did you mean ${meant}?` : `the keys are ${shape.join(', ')}`;
    return `${prefix}${key}: unknown key; ${hint}`;
  });
}

/** Every key of our schemas, in dot notation. */
export function keysOf(schema: z.ZodType): readonly string[] {
  const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([key, value]) => {
    const below = keysOf(value as z.ZodType);
    return below.length === 0 ? [key] : below.map((rest) => `${key}.${rest}`);
  });
}
