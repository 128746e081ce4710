/**
 * What opens the console: a link that is good once and for five minutes, and the session that it is exchanged
 * for. Both are signed with a key made from the state folder's secret, which itself reaches no page.
 */
import { randomBytes } from 'node:crypto';
import { deriveKey, isProof, proofOf } from '../../allocator/client/secret.js';

/** How long a link may lie unused, milliseconds. */
const LINK_MS = 5 * 60_000;
/** How long a session lasts, milliseconds: a tab may stay open for days. */
const SESSION_MS = 7 * 86_400_000;

export const SESSION_COOKIE = 'zerogpu_console';
/** The query parameter of a link. */
export const LINK_PARAMETER = 'link';

/** What one state folder's consoles share. */
export interface ConsoleKeys {
  /**
   * The first part of every path, 128 bits: a browser sends the session's cookie below it alone. Cookies of
   * one host go to each of its ports, and on another port another program may listen.
   */
  readonly folder: string;
  /** @param nonce 32 hexadecimal digits, new for each link */
  link(nowMs: number, nonce: string): string;
  session(nowMs: number, nonce: string): string;
  /** The link's nonce and the time of its making; null for one that was not made here, or is too old. */
  readLink(link: string, nowMs: number): { readonly nonce: string; readonly madeMs: number } | null;
  isSession(value: string, nowMs: number): boolean;
}

const FORM = /^(\d{1,15})\.([0-9a-f]{32})\.([0-9a-f]{64})$/;

/** @param secret of the state folder */
export function consoleKeys(secret: string): ConsoleKeys {
  const key = Buffer.from(deriveKey(secret, 'web-console')).toString('hex');
  const make = (purpose: string, nowMs: number, nonce: string) => {
    const time = String(Math.floor(nowMs));
    return `${time}.${nonce}.${proofOf(key, purpose, time, nonce)}`;
  };
  const read = (purpose: string, text: string, nowMs: number, lastsMs: number) => {
    const [, time = '', nonce = '', proof = ''] = FORM.exec(text) ?? [];
    const madeMs = Number(time);
    const isNow = madeMs <= nowMs + 1_000 && nowMs - madeMs <= lastsMs;
    return isProof(proof, key, purpose, time, nonce) && isNow ? { nonce, madeMs } : null;
  };
  return {
    folder: proofOf(key, 'folder').slice(0, 32),
    link: (nowMs, nonce) => make('link', nowMs, nonce),
    session: (nowMs, nonce) => make('session', nowMs, nonce),
    readLink: (link, nowMs) => read('link', link, nowMs, LINK_MS),
    isSession: (value, nowMs) => read('session', value, nowMs, SESSION_MS) !== null,
  };
}

/**
 * A link that opens the console at this address once, for whoever may read the secret of its state folder.
 *
 * @param url of the console, without a path
 * @param nowMs wall clock
 */
export function linkTo(url: string, secret: string, nowMs: number): string {
  const keys = consoleKeys(secret);
  return `${url}/${keys.folder}/enter?${LINK_PARAMETER}=${keys.link(nowMs, newNonce())}`;
}

/** 128 bits, for one link or one session. */
export const newNonce = (): string => randomBytes(16).toString('hex');
