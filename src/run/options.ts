import { resolve } from 'node:path';
import type { Owner } from '../allocator/core/types.js';
import { parseVisitorName, type VisitorName, visitorNameHelp } from '../allocator/core/visitor.js';
import { type Fault, parseFaults } from '../allocator/server/faults.js';
import { parseBytes } from '../shared/bytes.js';
import { parseDuration } from '../shared/duration.js';
import { UserError } from '../shared/errors.js';
import {
  DEFAULT_PORT,
  oneOf,
  parseGpu,
  parseSlices,
  parseSpeed,
  wholeNumber,
} from './option-values.js';

/** What commander hands over: every value is text as the user wrote it. */
export interface RawRunOptions {
  readonly platform: string;
  readonly gpu: string;
  readonly gpus: string;
  readonly slices?: string;
  readonly vram?: string;
  readonly duration?: string;
  readonly speed: string;
  readonly fault?: string;
  readonly seed: string;
  readonly as: string;
  readonly host: string;
  readonly port?: string;
  readonly python?: string;
  readonly install: boolean;
  readonly yes?: boolean;
  readonly for?: string;
  readonly startTimeout: string;
  readonly logFormat: string;
  readonly stateDir?: string;
  readonly fresh?: boolean;
  readonly owner: string;
  readonly events?: string;
  readonly ascii?: boolean;
}

/** One `zerogpu run`, every value checked. */
export interface RunOptions {
  readonly dir: string;
  readonly command: readonly string[];
  readonly platform: string;
  readonly gpu: 'auto' | 'mock' | 'nvidia';
  readonly gpus: number;
  /** Slices of each real card; null for one, or its MIG devices. */
  readonly slices: number | null;
  readonly vramBytes: number | null;
  /** The longest seconds that one call may hold; null for the profile's caps alone. */
  readonly longestCallSeconds: number | null;
  /** Quota time runs this many times faster than the clock. */
  readonly speed: number;
  /** Answers of the platform that are given on demand. */
  readonly faults: readonly Fault[];
  /** Seed of the faults' shares. */
  readonly seed: number;
  readonly visitor: VisitorName;
  readonly host: string;
  readonly port: { readonly number: number; readonly explicit: boolean };
  readonly python: string | null;
  readonly install: boolean;
  readonly yes: boolean;
  readonly forSeconds: number | null;
  readonly startTimeoutSeconds: number;
  readonly logFormat: 'text' | 'json';
  readonly stateDir: string | null;
  /** Quotas of this run alone, in memory, and an allocator of its own. */
  readonly fresh: boolean;
  /** Whose Space it is: hosting limits count per owner. */
  readonly owner: Owner;
  readonly eventsFile: string | null;
  readonly ascii: boolean;
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
  return {
    dir: resolve(cwd, dir),
    command,
    platform: raw.platform,
    gpu: parseGpu(raw.gpu),
    gpus: wholeNumber(raw.gpus, '--gpus', 1, 64),
    slices: parseSlices(raw.slices),
    vramBytes: raw.vram === undefined ? null : parseBytes(raw.vram, '--vram'),
    longestCallSeconds:
      raw.duration === undefined ? null : parseDuration(raw.duration, '--duration'),
    speed: parseSpeed(raw.speed),
    faults: raw.fault === undefined ? [] : parseFaults(raw.fault),
    seed: wholeNumber(raw.seed, '--seed', 0, 2 ** 32 - 1),
    visitor: parseVisitor(raw.as),
    host: raw.host,
    port:
      raw.port === undefined
        ? { number: DEFAULT_PORT, explicit: false }
        : { number: wholeNumber(raw.port, '--port', 0, 65_535), explicit: true },
    python: raw.python ?? null,
    install: raw.install,
    yes: raw.yes ?? false,
    forSeconds: raw.for === undefined ? null : parseDuration(raw.for, '--for'),
    startTimeoutSeconds: parseDuration(raw.startTimeout, '--start-timeout'),
    logFormat: oneOf(raw.logFormat, '--log-format', ['text', 'json']),
    stateDir: raw.stateDir ?? null,
    fresh: raw.fresh ?? false,
    owner: parseOwner(raw.owner),
    eventsFile: raw.events ?? null,
    ascii: raw.ascii ?? false,
  };
}

/** `ada` has a PRO account, `free:ada` a free one, `org:acme` is an organisation. */
function parseOwner(text: string): Owner {
  const [, kind, name] = /^(?:(free|pro|org):)?([A-Za-z0-9][A-Za-z0-9._-]{0,95})$/.exec(text) ?? [];
  if (name)
    return { name, kind: kind === 'org' ? 'organization' : kind === 'free' ? 'free' : 'pro' };
  throw new UserError('E_USAGE', `--owner is "${text}", which is no account`, {
    why: 'An owner is a name (of a PRO account), free:NAME or org:NAME.',
    fix: '--owner org:acme',
  });
}

function parseVisitor(text: string): VisitorName {
  const visitor = parseVisitorName(text);
  if (visitor) return visitor;
  throw new UserError('E_USAGE', `--as is "${text}", which is no visitor`, {
    why: visitorNameHelp,
    fix: '--as free',
  });
}
