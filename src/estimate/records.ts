/** What workers on the weightless device say of their calls (emulated_cuda/weightless/calls.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { GPU_SIZES } from '../platform/tiers.js';

const timesSchema = z.object({
  seconds: z.number(),
  busySeconds: z.number(),
  hostSeconds: z.number(),
  kernels: z.int(),
  byKind: z.record(z.string(), z.number()),
});

const recordSchema = z.object({
  version: z.literal(1),
  function: z.string().nullable(),
  size: z.enum(GPU_SIZES),
  /** Class of what the function raised; null when it returned. */
  error: z.string().nullable(),
  weightBytes: z.int(),
  peakBytes: z.int(),
  reservedBytes: z.int(),
  workspaceBytes: z.int(),
  limitBytes: z.int(),
  peakAt: z
    .object({
      module: z.string(),
      operator: z.string(),
      file: z.string().nullable(),
      line: z.int().nullable(),
    })
    .nullable(),
  /** By size of a call: on the slowest and the fastest machine that it may be. */
  times: z.partialRecord(z.enum(GPU_SIZES), z.tuple([timesSchema, timesSchema])),
  /** The same, were the program compiled ahead of time. */
  compiledTimes: z
    .partialRecord(z.enum(GPU_SIZES), z.tuple([timesSchema, timesSchema]))
    .default({}),
  /** How much faster FlashAttention-3 is than what was assumed, at least and at most; null where it does not run. */
  flash3Speedups: z.tuple([z.number(), z.number()]).nullable().default(null),
  madeUp: z.array(z.object({ operator: z.string(), count: z.int(), places: z.array(z.string()) })),
  notModelled: z.record(z.string(), z.int()),
  /** Seconds by the slowest machine, bytes allocated, and bytes of workspaces among them. */
  timeline: z.array(z.tuple([z.number(), z.int(), z.int()])).default([]),
});

/** What a call takes on one machine. */
export type CallTimes = z.infer<typeof timesSchema>;

/** One GPU call. */
export type CallRecord = z.infer<typeof recordSchema>;

/**
 * The records in a folder, oldest first.
 *
 * @param known names that were read before
 */
export function readRecords(
  dir: string,
  known: ReadonlySet<string>,
): ReadonlyMap<string, CallRecord> {
  const names = readdirSync(dir)
    .filter((name) => /^\d+-\d+\.json$/.test(name) && !known.has(name))
    .sort((a, b) => numberOf(a) - numberOf(b));
  return new Map(
    names.map((name) => [
      name,
      recordSchema.parse(JSON.parse(readFileSync(join(dir, name), 'utf8'))),
    ]),
  );
}

/** The folder in which workers keep snapshots, where it exists (emulated_cuda/weightless/calls.py). */
export const snapshotsIn = (dir: string): string => join(dir, 'snapshots');

/** The allocator's snapshot that belongs to a record. */
export const snapshotOf = (dir: string, name: string): string =>
  join(snapshotsIn(dir), name.replace(/\.json$/, '.pickle'));

const numberOf = (name: string) => Number(name.split(/[-.]/)[1]);
