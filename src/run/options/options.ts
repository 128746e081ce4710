import { resolve } from 'node:path';
import type { Owner } from '../../allocator/core/types.js';
import {
  parseVisitorName,
  type VisitorName,
  visitorNameHelp,
} from '../../allocator/core/visitor.js';
import { namesAccount } from '../../shared/account-visitor.js';
import { parseDuration } from '../../shared/duration.js';
import { UserError } from '../../shared/errors.js';
import { isSpaceId } from '../../shared/space-id.js';
import type { AccountVisitor } from '../hub/index.js';
import { type HostOptions, parseHostOptions, type RawHostOptions } from './host-options.js';
import { DEFAULT_PORT, wholeNumber } from './option-values.js';
import { parseOtlpEndpoint } from './otlp-endpoint.js';

/** What commander hands over: every value is text as the user wrote it. */
export interface RawRunOptions extends RawHostOptions {
  readonly as: string;
  readonly host: string;
  readonly port?: string;
  readonly python?: string;
  readonly install: boolean;
  readonly yes?: boolean;
  readonly startTimeout: string;
  /** commander's form of `--allow-no-gpu-function`. */
  readonly allowNoGpuFunction?: boolean;
  readonly owner: string;
  readonly events?: string;
  readonly otlp?: string;
  readonly spaceId?: string;
  readonly credits?: string;
  readonly detach?: boolean;
  readonly weightless?: boolean;
  readonly watch?: boolean;
  /** A port, or `auto`. */
  readonly debug?: string;
  readonly preload?: boolean;
  readonly torch?: string;
  readonly envFile?: readonly string[];
  /** `owner/name`, where the folder is that of a Space on the Hub. */
  readonly hubSpace?: string;
}

/** One `zerogpu run`, every value checked. */
export interface RunOptions extends HostOptions {
  readonly dir: string;
  readonly command: readonly string[];
  readonly visitor: VisitorName;
  readonly host: string;
  readonly port: { readonly number: number; readonly explicit: boolean };
  readonly python: string | null;
  /** `--torch nearest`. */
  readonly nearestTorch: boolean;
  readonly install: boolean;
  readonly yes: boolean;
  readonly startTimeoutSeconds: number;
  /** The run continues where the platform stops a Space without a start-up report. */
  readonly allowNoGpuFunction: boolean;
  /** Whose Space it is: hosting limits count per owner. */
  readonly owner: Owner;
  readonly eventsFile: string | null;
  /** Where traces of calls go, `/v1/traces` included; null without `--otlp`. */
  readonly otlpUrl: string | null;
  /** Whom `--as account` has read from the Hub; null for every other visitor. */
  readonly account: AccountVisitor | null;
  /** `owner/name` as the user gave it; null to find it out. */
  readonly spaceId: string | null;
  /** Prepaid seconds of each visitor whose tier may have them (`--credits`); null to leave them as they are. */
  readonly creditSeconds: number | null;
  /** The run continues without this terminal. */
  readonly detach: boolean;
  /** Nothing has weights or values: memory and rules alone are played. */
  readonly weightless: boolean;
  /** The app restarts when the Space's files change. */
  readonly watch: boolean;
  /** Where clients of the debugger connect (`--debug`); null without one. */
  readonly debug: { readonly number: number; readonly explicit: boolean } | null;
  /** With `--watch`: the next app is started ahead, and imports packages while it waits. */
  readonly preload: boolean;
  /** Files of `--env-file`, as the user named them. */
  readonly envFiles: readonly string[];
  /** What is in them: the Space's variables and secrets, which nothing prints. */
  readonly variables: Readonly<Record<string, string>>;
  /** `owner/name` of a Space that was brought from the Hub; null for a folder. */
  readonly hubSpace: string | null;
}

/**
 * Turns flags into options.
 *
 * @throws UserError E_USAGE naming the flag, its value and what would do; E_GPU_UNAVAILABLE
 */
export function parseRunOptions(
  dir: string,
  command: readonly string[],
  raw: RawRunOptions,
  cwd: string,
): RunOptions {
  const weightless = raw.weightless ?? false;
  return {
    ...parseHostOptions(weightless ? weightlessHost(raw) : raw, cwd),
    weightless,
    dir: resolve(cwd, dir),
    command,
    visitor: parseVisitor(raw.as),
    account: null,
    host: parseHost(raw.host),
    port:
      raw.port === undefined
        ? { number: DEFAULT_PORT, explicit: false }
        : { number: wholeNumber(raw.port, '--port', 0, 65_535), explicit: true },
    python: raw.python ?? null,
    nearestTorch: parseTorch(raw),
    install: raw.install,
    yes: raw.yes ?? false,
    allowNoGpuFunction: raw.allowNoGpuFunction ?? false,
    startTimeoutSeconds: parseDuration(raw.startTimeout, '--start-timeout'),
    owner: parseOwner(raw.owner),
    eventsFile: raw.events ?? null,
    otlpUrl: raw.otlp === undefined ? null : parseOtlpEndpoint(raw.otlp),
    spaceId: raw.spaceId === undefined ? null : parseSpaceId(raw.spaceId),
    detach: withoutCommand('--detach', raw.detach ?? false, command),
    envFiles: raw.envFile ?? [],
    variables: {},
    hubSpace: raw.hubSpace ?? null,
    preload: raw.preload ?? true,
    watch: withoutCommand('--watch', raw.watch ?? false, command),
    debug: parseDebug(raw.debug),
    creditSeconds: raw.credits === undefined ? null : parseDuration(raw.credits, '--credits'),
  };
}

/** The port that editors propose for debugpy. */
const DEBUG_PORT = 5_678;

function parseDebug(text: string | undefined): RunOptions['debug'] {
  if (text === undefined || /^(0|false|no|off)$/i.test(text)) return null;
  if (/^(auto|1|true|yes|on)$/i.test(text)) return { number: DEBUG_PORT, explicit: false };
  return { number: wholeNumber(text, '--debug', 1, 65_535), explicit: true };
}

function parseTorch({ torch, python }: RawRunOptions): boolean {
  if (torch === undefined || torch === 'declared') return false;
  if (torch !== 'nearest') {
    throw new UserError('E_USAGE', `--torch is "${torch}", which can't be used`, {
      why: 'It is declared, what the Space asks for, or nearest: the nearest PyTorch that can run here.',
      fix: 'zerogpu run --torch nearest',
    });
  }
  if (python !== undefined) {
    throw new UserError('E_USAGE', '--torch nearest and --python exclude each other', {
      why: 'An environment that you name is used as it is.',
      fix: ['zerogpu run --torch nearest', `zerogpu run --python ${python}`],
    });
  }
  return true;
}

/** An emulated GPU of its own: placeholders are no use of anybody's quota. */
function weightlessHost(raw: RawRunOptions): RawRunOptions {
  if (raw.gpu === 'nvidia') {
    throw new UserError('E_USAGE', '--weightless and --gpu nvidia exclude each other', {
      why: 'A real GPU computes; without weights there is nothing to compute.',
      fix: ['zerogpu run --weightless', 'zerogpu run --gpu nvidia'],
    });
  }
  return { ...raw, gpu: 'mock', fresh: true };
}

function withoutCommand(flag: string, isSet: boolean, command: readonly string[]): boolean {
  if (!isSet || command.length === 0) return isSet;
  throw new UserError('E_USAGE', `${flag} and a command after -- exclude each other`, {
    why: 'A command ends the run that it was started with, and its exit code is the answer.',
    fix: [`zerogpu run ${flag}`, `zerogpu run -- ${command.join(' ')}`],
  });
}

/** An address of this machine; whether it is one, listening on it shows. IPv6 may stand in brackets. */
function parseHost(text: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1');
  // Node would take an empty address for every one that there is, and open the Space to the network.
  if (host !== '') return host;
  throw new UserError('E_USAGE', `--host is "${text}", which is not an address`, {
    why: 'It is the address that visitors connect to: 127.0.0.1 for this machine alone.',
    fix: '--host 127.0.0.1',
  });
}

/** `ada` has a PRO account, `free:ada` a free one, `org:acme` is an organisation. */
function parseOwner(text: string): Owner {
  const [, kind, name] = /^(?:(free|pro|org):)?([A-Za-z0-9][A-Za-z0-9._-]{0,95})$/.exec(text) ?? [];
  if (name)
    return { name, kind: kind === 'org' ? 'organization' : kind === 'free' ? 'free' : 'pro' };
  throw new UserError('E_USAGE', `--owner is "${text}", which is not an account`, {
    why: 'An owner is a name (of a PRO account), free:NAME or org:NAME.',
    fix: '--owner org:acme',
  });
}

function parseSpaceId(text: string): string {
  if (isSpaceId(text)) return text;
  throw new UserError('E_USAGE', `--space-id is "${text}", which is not the name of a Space`, {
    why: 'A Space is called OWNER/NAME.',
    fix: '--space-id me/hello',
  });
}

function parseVisitor(text: string): VisitorName {
  // Who that is, the Hub has to say: after all that can be wrong here.
  if (namesAccount(text)) return { tier: 'free', name: null };
  const visitor = parseVisitorName(text);
  if (visitor) return visitor;
  throw new UserError('E_USAGE', `--as is "${text}", which is not a visitor`, {
    why: `${visitorNameHelp()} account is the owner of your token on the Hub.`,
    fix: '--as free',
  });
}
