/**
 * The secret of a state folder: who may read it may command the allocators of this user. It lies in
 * a file that only the user can read, and is made at the first need.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, UserError } from '../../shared/errors.js';

const SECRET = /^[0-9a-f]{64}$/;

/**
 * Reads the state folder's secret, and makes one when there is none.
 *
 * @throws UserError E_STATE_DIR
 */
export function controlSecret(stateDir: string): string {
  const path = join(stateDir, 'control-secret');
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    try {
      // Exclusive: of two that begin at once, one makes it and both read it.
      writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const secret = readFileSync(path, 'utf8').trim();
    if (!SECRET.test(secret)) throw new Error(`${path} holds no secret`);
    return secret;
  } catch (error) {
    throw new UserError('E_STATE_DIR', `the state folder ${stateDir} can't be used`, {
      why: error instanceof Error ? error.message : String(error),
      fix: '--state-dir DIR   (a folder that you may write to)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

/** The key for one purpose, which says nothing of the secret or of other keys. */
export function deriveKey(secret: string, purpose: string): Uint8Array {
  return createHmac('sha256', secret).update(purpose).digest();
}

/** Whether a header is `Bearer SECRET`; takes as long for a near miss as for a far one. */
export function isBearer(header: string | undefined, secret: string): boolean {
  const presented = /^Bearer ([!-~]{1,256})$/.exec(header ?? '')?.[1] ?? '';
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(presented), digest(secret));
}
