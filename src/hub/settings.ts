/** Where the Hub is and who asks: the conventions of the Python tools, read from the environment. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TIERS } from '../platform/tiers.js';
import { EXIT, UserError } from '../shared/errors.js';
import { isLoopbackHost } from '../shared/loopback.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A token that shows itself nowhere: not in a log, an error, JSON or an inspected object. */
export class Token {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The text itself, for the header of a request and for nothing else. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return 'hf_***';
  }
  toJSON(): string {
    return this.toString();
  }
}

/** Where the Hub is, whoever asks. */
export interface HubEndpoint {
  /** Without a slash at its end; may hold a path. */
  readonly endpoint: string;
  /** `HF_HUB_OFFLINE`: no request at all. */
  readonly offline: boolean;
}

export interface HubSettings extends HubEndpoint {
  readonly token: Token | null;
  /** The cache of repositories that the Python tools share. */
  readonly cacheDir: string;
}

const PUBLIC_HUB = 'https://huggingface.co';
/** As huggingface_hub reads its switches. */
const ON = /^(1|on|yes|true)$/i;

/**
 * Reads `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HOME`, `HF_HUB_CACHE` and `HF_HUB_OFFLINE`.
 *
 * @throws UserError E_USAGE for an endpoint that is none, E_HUB_TOKEN for a token that can't be sent
 */
export async function readHubSettings(env: Environment): Promise<HubSettings> {
  const home = hubHome(env);
  const where = readHubEndpoint(env);
  return {
    ...where,
    token: await readToken(env, home, where.endpoint),
    cacheDir: env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(home, 'hub'),
  };
}

/**
 * Reads `HF_ENDPOINT` and `HF_HUB_OFFLINE` alone, for what asks with the tokens of others.
 *
 * @throws UserError E_USAGE for an endpoint that is none
 */
export function readHubEndpoint(env: Environment): HubEndpoint {
  return {
    endpoint: endpointOf(env['HF_ENDPOINT']),
    offline: ON.test(env['HF_HUB_OFFLINE']?.trim() ?? ''),
  };
}

function hubHome(env: Environment): string {
  if (env['HF_HOME']) return env['HF_HOME'];
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(cache, 'huggingface');
}

function endpointOf(text: string | undefined): string {
  const said = text?.trim() || PUBLIC_HUB;
  const url = URL.canParse(said) ? new URL(said) : null;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash) {
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  }
  // Not shown: an address that holds a password must not come out in a log.
  throw new UserError('E_USAGE', 'HF_ENDPOINT is not the address of a Hub', {
    why: 'It is an http or https address without a user, a query or a fragment.',
    fix: `export HF_ENDPOINT=${PUBLIC_HUB}`,
  });
}

async function readToken(env: Environment, home: string, endpoint: string): Promise<Token | null> {
  const said = env['HF_TOKEN']?.trim();
  if (said) return tokenOf(said, 'HF_TOKEN', endpoint);
  const file = env['HF_TOKEN_PATH'] || join(home, 'token');
  try {
    const text = (await readFile(file, 'utf8')).trim();
    return text === '' ? null : tokenOf(text, file, endpoint);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new UserError('E_HUB_TOKEN', `the token in ${file} can't be read`, {
      why: code ?? 'It could not be opened.',
      fix: 'hf auth login',
      exitCode: EXIT.cannot,
    });
  }
}

/** A visitor of this machine (`pro:ann`), or a login as one: for a local Hub and nothing else. */
const LOCAL = new RegExp(`^(?:hf_)?(?:(?:${TIERS.join('|')})$|[^:]*:|oauth_local_)`, 'i');

function tokenOf(text: string, where: string, endpoint: string): Token {
  if (LOCAL.test(text) && !isLoopbackHost(new URL(endpoint).host)) {
    throw new UserError(
      'E_HUB_TOKEN',
      `${where} names a local visitor, and ${endpoint} is not local`,
      {
        why: 'Such a token is for the local Hub of zerogpu; it was not sent.',
        fix: [
          'hf auth login',
          'export HF_ENDPOINT=http://127.0.0.1:7870   (zerogpu run --local-hub)',
        ],
        exitCode: EXIT.cannot,
      },
    );
  }
  if (/^[\x21-\x7e]+$/.test(text)) return new Token(text);
  throw new UserError('E_HUB_TOKEN', `${where} holds no token`, {
    why: 'A token is one word of ASCII characters.',
    fix: 'hf auth login',
    exitCode: EXIT.cannot,
  });
}
