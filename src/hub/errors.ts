/** What can go wrong between us and the Hub, each with its sentence and its fix. */
import { type ErrorCode, EXIT, UserError } from '../shared/errors.js';

type HubErrorCode = Extract<ErrorCode, `E_HUB_${string}`>;

/** An error of the Hub's side. `waitSeconds`: how long to leave it alone; null when it did not say. */
export class HubError extends UserError {
  declare readonly code: HubErrorCode;
  readonly waitSeconds: number | null;
  constructor(
    code: HubErrorCode,
    message: string,
    details: { why?: string; fix?: string | readonly string[]; waitSeconds?: number },
  ) {
    const { waitSeconds, ...rest } = details;
    super(code, message, { ...rest, exitCode: EXIT.cannot });
    this.waitSeconds = waitSeconds ?? null;
  }
}

/** What a request is for, in the words of its errors. */
export interface Purpose {
  /** As in "could not read …". */
  readonly what: string;
  /** What the token must allow, as the token's page names it. */
  readonly permission: string;
  /** The fix when it does not exist. */
  readonly ifMissing: string;
}

export const noToken = () =>
  new HubError('E_HUB_TOKEN', 'no token for the Hub', {
    why: 'HF_TOKEN is not set and no token lies where `hf auth login` puts it.',
    fix: 'hf auth login',
  });

export const offline = ({ what }: Purpose) =>
  new HubError('E_HUB_OFFLINE', `${what} can't be read offline`, {
    why: 'HF_HUB_OFFLINE is set, so nothing is asked.',
    fix: 'unset HF_HUB_OFFLINE',
  });

export const unreachable = ({ what }: Purpose, endpoint: string, why: string) =>
  new HubError('E_HUB_UNREACHABLE', `${what} could not be read from ${endpoint}`, {
    why,
    fix: 'look after the connection and HF_ENDPOINT, then try again',
  });

export const badAnswer = ({ what }: Purpose, endpoint: string, why: string) =>
  new HubError('E_HUB_ANSWER', `${endpoint} answered something else than ${what}`, {
    why,
    fix: 'look whether HF_ENDPOINT is a Hub; if it is, zerogpu may be too old for it',
  });

export const rateLimited = ({ what }: Purpose, waitSeconds: number, told: boolean) =>
  new HubError('E_HUB_RATE_LIMITED', `the Hub takes no more requests for ${what} now`, {
    why: told
      ? `It asks to wait ${waitSeconds} s.`
      : `It does not say for how long; ${waitSeconds} s are waited.`,
    fix: `try again in ${waitSeconds} s`,
    waitSeconds,
  });

export const tooLarge = (name: string, sizes: string, fix: readonly string[]) =>
  new HubError('E_HUB_TOO_LARGE', `${name} has more to download than was agreed to`, {
    why: sizes,
    fix,
  });

/** The error of a failing status other than 429; null for a success. */
export function errorOf(
  status: number,
  purpose: Purpose,
  endpoint: string,
  hasToken: boolean,
): HubError | null {
  if (status >= 200 && status < 300) return null;
  const { what, permission, ifMissing } = purpose;
  if (status === 401) {
    return hasToken
      ? new HubError('E_HUB_TOKEN', `the Hub does not take the token for ${what}`, {
          why: 'It is wrong, has been revoked or has expired, or what it asks for does not exist.',
          fix: 'hf auth login --force',
        })
      : noToken();
  }
  if (status === 403) {
    return new HubError('E_HUB_PERMISSION', `the token may not read ${what}`, {
      why: `It lacks ${permission}.`,
      fix: 'add the permission at https://huggingface.co/settings/tokens, then: hf auth login --force',
    });
  }
  if (status === 404) {
    return new HubError('E_HUB_NOT_FOUND', `the Hub at ${endpoint} does not have ${what}`, {
      why: hasToken
        ? 'It does not exist, or the token may not see it.'
        : 'It does not exist, or it is private and no token was sent.',
      fix: ifMissing,
    });
  }
  if (status >= 500) return unreachable(purpose, endpoint, `The Hub answered ${status}.`);
  return badAnswer(purpose, endpoint, `It answered with status ${status}.`);
}
