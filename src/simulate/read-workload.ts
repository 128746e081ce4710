/** A workload file as text: YAML or JSON (which YAML contains), with errors that name the key. */
import { parseDocument } from 'yaml';
import type * as z from 'zod';
import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';
import { type Workload, workloadSchema } from './workload.js';

/** What `--example` prints: small, and each key that most people change. */
export const EXAMPLE = `# A day of a Space, for: zerogpu simulate workload.yaml
platform: h200            # or rtx-pro-6000
gpus: 1                   # GPUs of the host; all its Spaces share one queue
hours: 24
pattern: day              # flat, day, or 24 numbers
visitors:
  anonymous: { per_day: 600, calls: { geometric: 2 }, think: { exponential: 40 } }
  free: { per_day: 300, calls: { geometric: 4 }, think: { exponential: 30 } }
  pro: { per_day: 60, calls: { geometric: 8 }, think: { exponential: 20 } }
spaces:
  image:
    functions:
      generate:
        declared: 60      # @spaces.GPU(duration=60)
        real: { lognormal: { p50: 12, p95: 25 } }
        cold: 4           # seconds that the first call of a worker adds
`;

/** @throws UserError E_SIMULATE_INPUT */
export function readWorkload(text: string, file: string): Workload {
  const document = parseDocument(text, { prettyErrors: true });
  const [broken] = document.errors;
  if (broken) {
    throw new UserError('E_SIMULATE_INPUT', `${file} is not YAML or JSON`, {
      why: broken.message.split('\n')[0] ?? '',
      fix: 'zerogpu simulate --example > workload.yaml',
    });
  }
  const read = workloadSchema.safeParse(document.toJS());
  if (read.success) return read.data;
  throw wrongKey(file, read.error.issues);
}

function wrongKey(file: string, issues: readonly z.core.$ZodIssue[]): UserError {
  const lines = issues.slice(0, 5).map(describe);
  return new UserError('E_SIMULATE_INPUT', `${file} is not a workload`, {
    why: lines.join('\n'),
    fix: 'zerogpu simulate --example > workload.yaml',
  });
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.') || 'the file';
  if (issue.code !== 'unrecognized_keys') return `${path}: ${issue.message}`;
  const known = Object.keys(workloadSchema.shape);
  const hints = issue.keys.map((key) => {
    const meant = didYouMean(key, known);
    return meant ? `"${key}" (did you mean ${meant}?)` : `"${key}"`;
  });
  return `${path}: has no key ${hints.join(', ')}`;
}
