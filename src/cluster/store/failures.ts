import { EXIT, UserError } from '../../shared/errors.js';
import { PASSWORD_VARIABLE } from './address.js';

/** The store did not answer; whether it has done what it was asked for is unknown. */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable';

  constructor(shown: string, why: string) {
    super(`the store ${shown} can't be reached: ${why}`);
  }
}

/** The store answered with an error; nothing was done. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}

export function signInRefused(shown: string, why: string): UserError {
  return new UserError('E_CLUSTER_SIGN_IN', `the store ${shown} does not let zerogpu in`, {
    why,
    fix: [
      `${PASSWORD_VARIABLE}=… zerogpu serve --cluster redis://USER@HOST:PORT`,
      'ACL LIST   (in the store: what the user may do, docs/cluster.md)',
    ],
    exitCode: EXIT.cannot,
  });
}

export function schemaNewer(shown: string, found: number, known: number): UserError {
  return new UserError('E_CLUSTER_NEWER', `a newer zerogpu has written the store ${shown}`, {
    why: `Its schema is ${found}, and this zerogpu knows ${known}.`,
    fix: [
      'npm install --global zerogpu@latest',
      '--cluster redis://HOST:PORT?prefix=NAME   (a cluster apart from that one)',
    ],
    exitCode: EXIT.cannot,
  });
}
