/** The device API's wire forms, as the `spaces` package reads and writes them (spaces/zero/api.py). */
import * as z from 'zod';
import { GPU_SIZES } from '../../platform/tiers.js';
import type { Refusal, RefusalKind, Tier } from '../core/types.js';

/** A header value repeated as an array is somebody else's client: only plain strings pass. */
const text = z.string().min(1).max(4096);
const wholeNumber = z.string().regex(/^-?\d{1,20}$/);

/** Releases before 2026 send fewer parameters; an unknown one is ignored, never an error. */
export const scheduleQuery = z.object({
  cgroupPath: text,
  taskId: wholeNumber.default('0'),
  durationSeconds: wholeNumber
    .transform(Number)
    .pipe(z.number().int().positive().max(Number.MAX_SAFE_INTEGER))
    .optional(),
  gpuSize: z.enum(GPU_SIZES).optional(),
  token: z.string().min(1).max(16_384).optional(),
});

export const allowQuery = z.object({
  allowToken: text,
  // Pid 1 is the container's init: allowing it would end the Space at the first deadline.
  pid: wholeNumber.transform(Number).pipe(
    z
      .number()
      .int()
      .min(2)
      .max(2 ** 31 - 1),
  ),
});

export const releaseQuery = z.object({
  allowToken: text,
  fail: z.enum(['true', 'false', 'True', 'False']).default('false'),
});

/**
 * `X-Authenticated`: absent for anonymous visitors. The package knows `regular` and `pro` alone (spaces 0.51.3,
 * spaces/zero/api.py): members of a Team or Enterprise organisation, who can add credits too, are `pro` to it.
 */
export function tierHeaders(tier: Tier): Readonly<Record<string, string>> {
  if (tier === 'anonymous') return {};
  return { 'x-authenticated': tier === 'free' ? 'regular' : 'pro' };
}

/** Every value of `X-Approve-Result` that the package knows (spaces 0.51.3, spaces/zero/api.py). */
export const APPROVE_RESULTS = [
  'approved',
  'runs-exceeded',
  'quota-exceeded',
  'illegal-duration',
  'pending-overquota-exceeded',
] as const;

type ApproveResult = (typeof APPROVE_RESULTS)[number];

/** How each refusal is called on the wire, which is not always what the core calls it. */
const REFUSALS: Readonly<
  Record<
    RefusalKind,
    | { readonly status: 429; readonly result: ApproveResult }
    | { readonly status: 401 | 503; readonly detail: string }
  >
> = {
  'expired-token': { status: 401, detail: 'Expired token' },
  'illegal-duration': { status: 429, result: 'illegal-duration' },
  'quota-exceeded': { status: 429, result: 'quota-exceeded' },
  'pending-credits': { status: 429, result: 'pending-overquota-exceeded' },
  'runs-exceeded': { status: 429, result: 'runs-exceeded' },
  'no-gpu': { status: 503, detail: 'No GPU was available' },
  stopping: { status: 503, detail: 'The allocator stops: no new calls' },
};

export interface RefusalAnswer {
  readonly status: 401 | 429 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly left: number; readonly wait: number } | { readonly detail: string };
}

/** How a refusal goes over the wire: status, `X-Approve-Result`, `left` and `wait` in seconds. */
export function refusalAnswer(
  { kind, leftSeconds, waitSeconds }: Pick<Refusal, 'kind' | 'leftSeconds' | 'waitSeconds'>,
  tier: Tier,
): RefusalAnswer {
  const headers = tierHeaders(tier);
  const form = REFUSALS[kind];
  if (form.status !== 429) return { status: form.status, headers, body: { detail: form.detail } };
  return {
    status: 429,
    headers: { ...headers, 'x-approve-result': form.result },
    body: { left: leftSeconds, wait: waitSeconds },
  };
}
