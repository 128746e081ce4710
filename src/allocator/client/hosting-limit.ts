import { EXIT, UserError } from '../../shared/errors.js';

/** The error of a Space too many, in the server's own process and in one that has joined it. */
export function hostingLimit(
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
