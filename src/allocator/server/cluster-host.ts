/** What a cluster of GPU hosts asks of one of them, and adds to it. A host alone has none of it. */
import type { Owner } from '../core/types.js';
import type { Gauge } from './metrics.js';

/** A Space that wants to start here. */
export interface AskingSpace {
  readonly id: string;
  readonly name: string;
  readonly owner: Owner;
  /** How many Spaces its owner may host, on all nodes together. */
  readonly limit: number;
  /** It runs here already, and registers again. */
  readonly isKnown: boolean;
}

/** Why a Space may not start here, as the body of the answer has it. */
export type ClusterRefusal =
  | { readonly detail: 'hosting-limit'; readonly hosted: number; readonly limit: number }
  | { readonly detail: 'space-elsewhere'; readonly node: string }
  | { readonly detail: 'node-drained'; readonly node: string }
  | { readonly detail: 'cluster-unreachable'; readonly why: string };

export const CLUSTER_STATUS: Readonly<Record<ClusterRefusal['detail'], number>> = {
  'hosting-limit': 403,
  'space-elsewhere': 409,
  'node-drained': 409,
  'cluster-unreachable': 503,
};

export interface ClusterHost {
  /** @returns null for a Space that may start */
  admit(space: AskingSpace): Promise<ClusterRefusal | null>;
  /** The app of a Space ended, or restarts. */
  left(space: string): void;
  /** For /metrics. */
  gauges(): readonly Gauge[];
}
