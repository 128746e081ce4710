/** What the console's server sends to its pages: JSON in server-sent events. */
import type { Snapshot, SnapshotVisitor } from '../../allocator/client/snapshot.js';
import type { Tier } from '../../platform/tiers.js';
import type { ConsoleCall, History, Told } from './calls.js';

/** Where visitors reach a Space. */
export interface SpaceAddress {
  readonly name: string;
  readonly url: string;
}

/** One line that an app, or the run around it, has printed. */
export interface LogLine {
  readonly atMs: number;
  /** The Space that it is from; null where there is one only. */
  readonly from: string | null;
  readonly text: string;
}

/** A fault that can be switched on. */
export interface FaultKind {
  readonly kind: string;
  readonly text: string;
}

/** What does not change while a console is open. */
export interface Facts {
  readonly version: string;
  readonly kind: 'run' | 'serve';
  /** Tiers of the platform. */
  readonly tiers: readonly Tier[];
  /** Who a visitor is that says nothing, as `--as` has it. */
  readonly defaultVisitor: string;
  readonly faultKinds: readonly FaultKind[];
}

export type Message =
  /** First on each connection. */
  | {
      readonly type: 'hello';
      readonly nowMs: number;
      readonly facts: Facts;
      readonly history: History;
      readonly log: readonly LogLine[];
    }
  /** All that is known of calls, in place of what was sent before. */
  | { readonly type: 'history'; readonly nowMs: number; readonly history: History }
  | { readonly type: 'snapshot'; readonly nowMs: number; readonly snapshot: Snapshot }
  | { readonly type: 'call'; readonly nowMs: number; readonly call: ConsoleCall }
  | { readonly type: 'told'; readonly nowMs: number; readonly told: Omit<Told, 'call'> }
  | { readonly type: 'log'; readonly nowMs: number; readonly lines: readonly LogLine[] }
  | { readonly type: 'spaces'; readonly spaces: readonly SpaceAddress[] }
  /** How the console stands with the allocator; `why` is one sentence, null while it answers. */
  | { readonly type: 'allocator'; readonly why: string | null };

/** What a page asks for, in the body of a POST. */
export type Command =
  | { readonly do: 'advance'; readonly seconds: number }
  | { readonly do: 'faults'; readonly spec: string }
  | { readonly do: 'kill'; readonly call: number }
  | { readonly do: 'release'; readonly call: number }
  | { readonly do: 'reset'; readonly visitor: string };

/** The answer to `GET visitor?as=…`. */
export type VisitorReply = SnapshotVisitor;

/** Lines of the log that a console keeps. */
export const MOST_LINES = 1_000;
