/**
 * The secret of a state folder: visitors' tokens are signed with keys made from it. It is in a file that
 * only its user can read, and is made at the first need. Programs of zerogpu never send it: they prove that
 * they know it, to an allocator that has proved the same.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { EXIT, UserError } from '../../shared/errors.js';
import { makeFolder } from '../../shared/make-folder.js';
import { whyUnwritable } from '../../shared/unwritable.js';

const SECRET = /^[0-9a-f]{64}$/;

/**
 * Reads the state folder's secret, and makes one when there is none.
 *
 * @throws UserError E_STATE_DIR
 */
export function controlSecret(stateDir: string): string {
  const path = join(stateDir, 'control-secret');
  try {
    makeFolder(stateDir, 0o700);
    try {
      // Exclusive: of two that begin at once, one makes it and both read it.
      writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return readOwn(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('E_STATE_DIR', `the state folder ${stateDir} can't be used`, {
      why: whyUnwritable(stateDir) ?? (error instanceof Error ? error.message : String(error)),
      fix: '--state-dir DIR   (a folder that you may write to)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

/** What another user wrote or can read is not a secret: it may have been planted. */
function readOwn(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const why = whyForeign(fstatSync(file));
    if (why !== null) throw foreign(path, why);
    const secret = readFileSync(file, 'utf8').trim();
    if (!SECRET.test(secret)) throw foreign(path, 'It does not hold 64 hexadecimal digits.');
    return secret;
  } finally {
    closeSync(file);
  }
}

function whyForeign(stats: Stats): string | null {
  if (!stats.isFile()) return 'It is not a file.';
  const self = process.geteuid?.() ?? stats.uid;
  if (stats.uid !== self) return `It belongs to user ${stats.uid}, and you are user ${self}.`;
  const mode = stats.mode & 0o777;
  if ((mode & 0o077) === 0) return null;
  return `Its mode is 0${mode.toString(8)}: other users may read or change it.`;
}

function foreign(path: string, why: string): UserError {
  return new UserError('E_STATE_DIR', `the secret in ${path} can't be trusted`, {
    why,
    fix: `rm ${path}   (a new one is made; tokens signed with it are void)`,
    exitCode: EXIT.cannot,
  });
}

/** The key for one purpose, which says nothing of the secret or of other keys. */
export function deriveKey(secret: string, purpose: string): Uint8Array {
  return createHmac('sha256', secret).update(purpose).digest();
}

/** Whether a header is `Bearer SECRET`; takes as long for a near miss as for a far one. */
export function isBearer(header: string | undefined, secret: string): boolean {
  return isSameText(/^Bearer ([!-~]{1,256})$/.exec(header ?? '')?.[1] ?? '', secret);
}

/** Takes as long for a near miss as for a far one. */
export function isSameText(presented: string, right: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(presented), digest(right));
}

/** Says that whoever answers a fresh nonce so knows the secret, and says nothing of the secret. */
export function proofOf(secret: string, ...parts: readonly string[]): string {
  return createHmac('sha256', secret).update(parts.join('\n')).digest('hex');
}

/** Takes as long for a near miss as for a far one. */
export function isProof(presented: string, secret: string, ...parts: readonly string[]): boolean {
  return isSameText(presented, proofOf(secret, ...parts));
}

/**
 * Whether a header is `ZeroGPU INSTANCE NONCE PROOF` for this instance. One that was sent to another
 * listener names an instance that has ended, and opens nothing.
 */
export function isSigned(header: string | undefined, secret: string, instance: string): boolean {
  const form = /^ZeroGPU ([\w-]{8,64}) ([0-9a-f]{32}) ([0-9a-f]{64})$/.exec(header ?? '');
  const [, named = '', nonce = '', proof = ''] = form ?? [];
  return named === instance && isProof(proof, secret, 'request', instance, nonce);
}

/** The header of one request to an instance that has proved itself. */
export function signedFor(secret: string, instance: string): string {
  const nonce = randomBytes(16).toString('hex');
  return `ZeroGPU ${instance} ${nonce} ${proofOf(secret, 'request', instance, nonce)}`;
}
