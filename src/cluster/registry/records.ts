/** What nodes write into the registry, as it is read: anything may have come from another version. */
import * as z from 'zod';
import { OWNER_KINDS } from '../../platform/tiers.js';

const seconds = z.number();
const amount = z.number().nonnegative();

const loadSchema = z.object({
  callsPerSecond: amount,
  busySlices: amount,
  squaredSeconds: amount,
});

export const nodeFactsSchema = z.object({
  /** Of the state folder: the same after a restart, another one for another allocator. */
  identity: z.string().min(1).max(100),
  /** Name of the machine, and where its allocator answers there. */
  host: z.string(),
  url: z.string(),
  pid: z.int(),
  zerogpuVersion: z.string(),
  platform: z.string(),
  gpus: z.int(),
  slices: z.int(),
  vramBytes: z.number(),
  upSeconds: seconds,
  /** Of its Spaces, as measured there. */
  load: loadSchema,
  runningCalls: z.int(),
  waitingCalls: z.int(),
  spaces: z.int(),
  /** Of the calls granted in the last minute; null when there was none. */
  waitP95Seconds: seconds.nullable(),
});
export type NodeFacts = z.infer<typeof nodeFactsSchema>;

export const spaceFactsSchema = z.object({
  owner: z.string(),
  ownerKind: z.enum(OWNER_KINDS),
  name: z.string(),
  load: loadSchema,
});
export type SpaceFacts = z.infer<typeof spaceFactsSchema>;

export const placeSchema = z.object({
  /** `running`: its node says so. `placed`: it is to start there. `lost`: its node is gone. */
  state: z.enum(['running', 'placed', 'lost']),
  /** Empty for a lost one. */
  node: z.string(),
  /** The node that it was on before; empty for none. */
  from: z.string(),
  /** Since when, by the store's clock. */
  atMs: z.number(),
});
export type Place = z.infer<typeof placeSchema>;

/** A node that is not gone. */
export interface ClusterNode extends NodeFacts {
  readonly name: string;
  readonly isDrained: boolean;
  /** Until it counts as gone, unless it says more. */
  readonly goneInSeconds: number;
  /** Since its last beat, by the store's clock. */
  readonly beatAgeSeconds: number;
}

/** A node that stopped beating without leaving, within the last ten minutes. */
interface GoneNode {
  readonly name: string;
  readonly beatAgeSeconds: number;
}

export interface ClusterSpace extends SpaceFacts {
  readonly id: string;
  readonly place: Place;
  /** The place as the store has it: what a change of it is compared with. */
  readonly seen: string;
  /** Since it is there. */
  readonly forSeconds: number;
}

export interface ClusterView {
  /** By the store's clock, milliseconds since 1970-01-01 UTC. */
  readonly atMs: number;
  readonly nodes: readonly ClusterNode[];
  readonly gone: readonly GoneNode[];
  readonly spaces: readonly ClusterSpace[];
  /** Names of drained nodes that are not there now. */
  readonly absentDrained: readonly string[];
  /** Names of nodes and Spaces whose records this version can't read. */
  readonly unreadable: readonly string[];
}

/** `owner/name`, as the Hub calls a Space: it runs on one node at a time. */
export function clusterSpaceId(owner: string, name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they part the names in the store's indexes
  return `${owner}/${name}`.replaceAll(/[\x00-\x1f]/g, '_');
}
