import { resolve } from 'node:path';
import { parseVisitorName, type VisitorName, visitorNameHelp } from '../allocator/core/visitor.js';
import { type Fault, parseFaults } from '../allocator/server/faults.js';
import { parseBytes } from '../shared/bytes.js';
import { parseDuration } from '../shared/duration.js';
import { UserError } from '../shared/errors.js';

/** What commander hands over: every value is text as the user wrote it. */
export interface RawRunOptions {
  readonly platform: string;
  readonly gpu: string;
  readonly gpus: string;
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
  readonly events?: string;
  readonly ascii?: boolean;
}

/** One `zerogpu run`, every value checked. */
export interface RunOptions {
  readonly dir: string;
  readonly command: readonly string[];
  readonly platform: string;
  readonly gpu: 'auto' | 'mock';
  readonly gpus: number;
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
  readonly eventsFile: string | null;
  readonly ascii: boolean;
}

/** The port that a Gradio app uses by itself, and so the address that people type. */
const DEFAULT_PORT = 7860;

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
    eventsFile: raw.events ?? null,
    ascii: raw.ascii ?? false,
  };
}

function wholeNumber(text: string, flag: string, lowest: number, highest: number): number {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (number >= lowest && number <= highest) return number;
  throw new UserError('E_USAGE', `${flag} is "${text}", which can't be used`, {
    why: `${flag} takes a whole number from ${lowest} to ${highest}.`,
    fix: `${flag} ${Math.max(lowest, flag === '--port' ? DEFAULT_PORT : 1)}`,
  });
}

function parseSpeed(text: string): number {
  const speed = /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (speed >= 1 && speed <= 100_000) return speed;
  throw new UserError('E_USAGE', `--speed is "${text}", which can't be used`, {
    why: 'Quota time can run 1 to 100000 times faster than the clock.',
    fix: '--speed 60',
  });
}

function oneOf<T extends string>(text: string, flag: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new UserError('E_USAGE', `${flag} is "${text}"; expected one of ${choices.join(', ')}`, {
    fix: `${flag} ${choices[0]}`,
  });
}

function parseGpu(text: string): 'auto' | 'mock' {
  if (text === 'nvidia') {
    throw new UserError('E_GPU_UNAVAILABLE', '--gpu nvidia is not supported yet', {
      why: 'This version runs Spaces on the emulated GPU only.',
      fix: '--gpu mock',
      exitCode: 3,
    });
  }
  return oneOf(text, '--gpu', ['auto', 'mock']);
}

function parseVisitor(text: string): VisitorName {
  const visitor = parseVisitorName(text);
  if (visitor) return visitor;
  throw new UserError('E_USAGE', `--as is "${text}", which is no visitor`, {
    why: visitorNameHelp,
    fix: '--as free',
  });
}
