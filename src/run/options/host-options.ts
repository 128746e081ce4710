import { resolve } from 'node:path';
import { type Fault, parseFaults } from '../../allocator/server/faults.js';
import { parseBytes } from '../../shared/bytes.js';
import { parseDuration } from '../../shared/duration.js';
import { oneOf, parseGpu, parseSlices, parseSpeed, wholeNumber } from './option-values.js';

/** Flags of whoever has an allocator, as commander hands them over: text as the user wrote it. */
export interface RawHostOptions {
  readonly platform: string;
  readonly gpu: string;
  readonly gpus: string;
  readonly slices?: string;
  readonly vram?: string;
  readonly duration?: string;
  readonly speed: string;
  readonly fault?: string;
  readonly seed: string;
  readonly for?: string;
  readonly logFormat: string;
  readonly stateDir?: string;
  readonly fresh?: boolean;
  readonly ascii?: boolean;
  readonly localHub?: boolean;
}

/** The options that `run` and `serve` share, about their allocator and their output, every value checked. */
export interface HostOptions {
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
  readonly forSeconds: number | null;
  readonly logFormat: 'text' | 'json';
  readonly stateDir: string | null;
  /** Quotas in memory: nothing is found again, nothing is kept. */
  readonly fresh: boolean;
  readonly ascii: boolean;
  /** A local Hub for the clients of Spaces. */
  readonly localHub: boolean;
}

/** @throws UserError E_USAGE naming the flag, its value and what would do; E_GPU_UNAVAILABLE */
export function parseHostOptions(raw: RawHostOptions, cwd: string): HostOptions {
  return {
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
    forSeconds: raw.for === undefined ? null : parseDuration(raw.for, '--for'),
    logFormat: oneOf(raw.logFormat, '--log-format', ['text', 'json']),
    // The app that gets the paths of files in it runs in another folder.
    stateDir: raw.stateDir ? resolve(cwd, raw.stateDir) : null,
    fresh: raw.fresh ?? false,
    ascii: raw.ascii ?? false,
    localHub: raw.localHub ?? false,
  };
}
