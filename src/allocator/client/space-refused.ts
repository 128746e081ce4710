/** Why a Space may not start on a host: as an allocator answers it, and as its author reads it. */
import * as z from 'zod';
import { EXIT, UserError } from '../../shared/errors.js';

const whose = { owner: z.string(), ownerKind: z.string() };
const refusalBody = z.discriminatedUnion('detail', [
  z.object({
    detail: z.literal('hosting-limit'),
    ...whose,
    hosted: z.number(),
    limit: z.number(),
  }),
  z.object({ detail: z.literal('space-elsewhere'), ...whose, node: z.string() }),
  z.object({ detail: z.literal('node-drained'), ...whose, node: z.string() }),
  z.object({ detail: z.literal('cluster-unreachable'), ...whose, why: z.string() }),
]);

/** @returns null for a body that says something else */
export function spaceRefused(body: unknown): UserError | null {
  const parsed = refusalBody.safeParse(body);
  if (!parsed.success) return null;
  const refusal = parsed.data;
  switch (refusal.detail) {
    case 'hosting-limit':
      return tooManySpaces(
        { name: refusal.owner, kind: refusal.ownerKind },
        refusal.hosted,
        refusal.limit,
      );
    case 'space-elsewhere':
      return new UserError('E_SPACE_ELSEWHERE', `the Space runs on node ${refusal.node} already`, {
        why: 'A Space runs on one node of a cluster at a time.',
        fix: ['zerogpu spaces', `stop it on ${refusal.node}`],
        exitCode: EXIT.cannot,
      });
    case 'node-drained':
      return new UserError('E_NODE_DRAINED', `node ${refusal.node} is drained`, {
        why: 'No further Space starts here.',
        fix: ['zerogpu spaces place OWNER/NAME', `zerogpu nodes undrain ${refusal.node}`],
        exitCode: EXIT.cannot,
      });
    case 'cluster-unreachable':
      return new UserError('E_CLUSTER_UNREACHABLE', refusal.why, {
        why: 'Whether its owner may host one more Space is known there alone. Spaces that run go on.',
        fix: 'start the store, then: zerogpu run',
        exitCode: EXIT.cannot,
      });
  }
}

/** The error of a Space too many, in the server's own process and in one that has joined it. */
export function tooManySpaces(
  owner: { readonly name: string; readonly kind: string },
  hosted: number,
  limit: number,
): UserError {
  return new UserError('E_HOSTING_LIMIT', `${owner.name} hosts ${hosted} ZeroGPU Spaces already`, {
    why: `The platform lets this ${owner.kind} account host ${limit}.`,
    fix: ['stop one of the others', '--owner NAME   or --owner org:NAME   (whose Space it is)'],
    exitCode: EXIT.cannot,
  });
}
