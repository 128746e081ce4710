import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { EXIT, UserError } from '../../shared/errors.js';

/** Environment twin of the password in the address, so that it is in no process list. */
export const PASSWORD_VARIABLE = 'ZEROGPU_CLUSTER_PASSWORD';

/** Where a cluster's store is and how to sign in there. Only `shown` may be printed. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
  /** Certificates that count instead of the system's; `ca` is undefined for those. Null without TLS. */
  readonly tls: { readonly ca: string | undefined } | null;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** Begins every key, so that one store can serve several clusters. */
  readonly prefix: string;
  /** The address without user and password. */
  readonly shown: string;
}

const SCHEMES = { 'redis:': false, 'valkey:': false, 'rediss:': true, 'valkeys:': true } as const;

const parameters = z.strictObject({
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,40}$/, 'may have 1 to 40 letters, digits, "_", "." and "-"')
    .default('zerogpu'),
  /** File of PEM certificates. */
  ca: z.string().min(1).optional(),
});
const database = z.coerce.number().int().min(0).max(1_000_000);

/**
 * Reads `redis://`, `valkey://`, and `rediss://` or `valkeys://` for TLS:
 * `rediss://USER:PASSWORD@HOST:6380/DATABASE?prefix=NAME&ca=FILE`.
 *
 * @param env its ZEROGPU_CLUSTER_PASSWORD counts where the address has no password
 * @throws UserError E_USAGE, which does not repeat the password
 */
export function parseStoreAddress(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): StoreAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isTls = url ? (SCHEMES as Readonly<Record<string, boolean>>)[url.protocol] : undefined;
  if (!url || isTls === undefined || url.hostname === '') throw unreadable(text, null);
  const given = parameters.safeParse(Object.fromEntries(url.searchParams));
  if (!given.success) {
    const [issue] = given.error.issues;
    throw unreadable(text, `${issue?.path.join('.') || 'a parameter'}: ${issue?.message}`);
  }
  const { prefix, ca } = given.data;
  const db = database.safeParse(url.pathname.replace(/^\//, '') || '0');
  if (!db.success) throw unreadable(text, 'the path is the number of a database, such as /0');
  if (ca !== undefined && !isTls) throw unreadable(text, 'ca is for rediss:// and valkeys://');
  const port = url.port === '' ? 6379 : Number(url.port);
  const password = url.password === '' ? env[PASSWORD_VARIABLE] : decoded(text, url.password);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    tls: isTls ? { ca: ca === undefined ? undefined : readCertificates(ca) } : null,
    username: url.username === '' ? undefined : decoded(text, url.username),
    password: password || undefined,
    database: db.data,
    prefix,
    shown: `${url.protocol}//${url.hostname}:${port}/${db.data}`,
  };
}

/** The address as it may be printed, whatever else is wrong with it. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/, '//…@');
}

function decoded(address: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unreadable(address, 'user and password are percent-encoded, and a "%" is "%25" there');
  }
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError('E_USAGE', `the certificates ${file} can't be read`, {
      why: error instanceof Error ? error.message : String(error),
      fix: '--cluster rediss://HOST?ca=FILE   (PEM, of who signed the certificate of the store)',
      cause: error,
    });
  }
}

function unreadable(text: string, why: string | null): UserError {
  return new UserError('E_USAGE', `--cluster is "${withoutPassword(text)}", which is not a store`, {
    why: why ?? 'It is redis://HOST:PORT, valkey://HOST:PORT, or rediss:// for TLS.',
    fix: '--cluster redis://127.0.0.1:6379',
    exitCode: EXIT.usage,
  });
}
