/** Codes between login page and token: unguessable, good once, and for a minute. */
import { randomBytes } from 'node:crypto';
import type { LoginVisitor } from './profile.js';
import type { LoginRequest } from './request.js';

/** Who logged in, and what for. */
export interface LoginGrant {
  readonly visitor: LoginVisitor;
  readonly request: LoginRequest;
}

const LIFETIME_MS = 60_000;
/** More are not kept: the oldest ones go. */
const MOST_OPEN = 1_000;

export interface Codes {
  issue(grant: LoginGrant, nowMs: number): string;
  /** @returns null for a code that was not given, was used, or is too old */
  take(code: string, nowMs: number): LoginGrant | null;
}

export function createCodes(): Codes {
  const open = new Map<string, { readonly grant: LoginGrant; readonly untilMs: number }>();
  return {
    issue(grant, nowMs) {
      const code = randomBytes(32).toString('base64url');
      const [oldest] = open.keys();
      if (open.size >= MOST_OPEN && oldest !== undefined) open.delete(oldest);
      open.set(code, { grant, untilMs: nowMs + LIFETIME_MS });
      return code;
    },
    take(code, nowMs) {
      const found = open.get(code);
      open.delete(code);
      return found && nowMs < found.untilMs ? found.grant : null;
    },
  };
}
