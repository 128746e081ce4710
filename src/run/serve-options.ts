import { type Fault, parseFaults } from '../allocator/server/faults.js';
import { parseBytes } from '../shared/bytes.js';
import { parseDuration } from '../shared/duration.js';
import { oneOf, parseGpu, parseSlices, parseSpeed, wholeNumber } from './option-values.js';

/** What commander hands over: every value is text as the user wrote it. */
export interface RawServeOptions {
  readonly platform: string;
  readonly gpu: string;
  readonly gpus: string;
  readonly slices?: string;
  readonly vram?: string;
  readonly duration?: string;
  readonly concurrency?: string;
  readonly speed: string;
  readonly fault?: string;
  readonly seed: string;
  readonly port?: string;
  readonly for?: string;
  readonly logFormat: string;
  readonly stateDir?: string;
  readonly fresh?: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
}

/** One `zerogpu serve`, every value checked. */
export interface ServeOptions {
  readonly platform: string;
  readonly gpu: 'auto' | 'mock' | 'nvidia';
  readonly gpus: number;
  /** Slices of each real card; null for one, or its MIG devices. */
  readonly slices: number | null;
  readonly vramBytes: number | null;
  readonly longestCallSeconds: number | null;
  /** Slices that one Space may hold at once; null for as many as there are. */
  readonly concurrencyPerSpace: number | null;
  readonly speed: number;
  readonly faults: readonly Fault[];
  readonly seed: number;
  /** Null for the one it last had, or any free one. */
  readonly port: number | null;
  readonly forSeconds: number | null;
  readonly logFormat: 'text' | 'json';
  readonly stateDir: string | null;
  readonly fresh: boolean;
  readonly ascii: boolean;
  /** No line for each change of each call. */
  readonly quiet: boolean;
}

/** @throws UserError E_USAGE naming the flag, its value and what would do; E_GPU_UNAVAILABLE */
export function parseServeOptions(raw: RawServeOptions): ServeOptions {
  return {
    platform: raw.platform,
    gpu: parseGpu(raw.gpu),
    gpus: wholeNumber(raw.gpus, '--gpus', 1, 64),
    slices: parseSlices(raw.slices),
    vramBytes: raw.vram === undefined ? null : parseBytes(raw.vram, '--vram'),
    longestCallSeconds:
      raw.duration === undefined ? null : parseDuration(raw.duration, '--duration'),
    concurrencyPerSpace:
      raw.concurrency === undefined ? null : wholeNumber(raw.concurrency, '--concurrency', 1, 128),
    speed: parseSpeed(raw.speed),
    faults: raw.fault === undefined ? [] : parseFaults(raw.fault),
    seed: wholeNumber(raw.seed, '--seed', 0, 2 ** 32 - 1),
    port: raw.port === undefined ? null : wholeNumber(raw.port, '--port', 0, 65_535),
    forSeconds: raw.for === undefined ? null : parseDuration(raw.for, '--for'),
    logFormat: oneOf(raw.logFormat, '--log-format', ['text', 'json']),
    stateDir: raw.stateDir ?? null,
    fresh: raw.fresh ?? false,
    ascii: raw.ascii ?? false,
    quiet: raw.quiet ?? false,
  };
}
