import * as z from 'zod';
import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';

/** What `zerogpu.json` in a Space's folder may say. Flags and environment win over it. */
export const spaceConfigSchema = z.strictObject({
  $schema: z.string().optional().describe('where this schema lies, for editors'),
  platform: z.string().optional().describe('profile of the platform: h200, rtx-pro-6000'),
  check: z
    .strictObject({
      select: z.array(z.string()).optional().describe('rules to ask; all when left out'),
      ignore: z.array(z.string()).optional().describe('rules not to ask'),
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
});

export type SpaceConfig = z.infer<typeof spaceConfigSchema>;

/**
 * Reads the text of a `zerogpu.json`.
 *
 * @param file how to name it in messages
 * @throws UserError E_CONFIG_INVALID with everything that is wrong in it
 */
export function parseSpaceConfig(text: string, file: string): SpaceConfig {
  const parsed = spaceConfigSchema.safeParse(parseJson(text, file));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.flatMap(describe);
  throw new UserError('E_CONFIG_INVALID', `${file} says something that means nothing`, {
    why: wrong.join('\n'),
    fix: `mend ${file}; docs/check.md lists its keys`,
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError('E_CONFIG_INVALID', `${file} is no JSON`, {
      why: error instanceof Error ? error.message : String(error),
      fix: `mend ${file}, or remove it`,
      cause: error,
    });
  }
}

function describe(issue: z.core.$ZodIssue): readonly string[] {
  const at = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [`${at || 'the file'}: ${issue.message}`];
  const shape = issue.path[0] === 'check' ? checkKeys : topKeys;
  return issue.keys.map((key) => {
    const meant = didYouMean(key, shape);
    const hint = meant ? `did you mean ${meant}?` : `the keys are ${shape.join(', ')}`;
    return `${at ? `${at}.` : ''}${key}: there is no such key; ${hint}`;
  });
}

const topKeys = Object.keys(spaceConfigSchema.shape);
const checkKeys = Object.keys(spaceConfigSchema.shape.check.unwrap().shape);
