/** What zerogpu asks of the Hub. Everything throws HubError (a UserError) and nothing else. */
import type { AccountTier, Tier } from '../platform/tiers.js';
import type { HubAddress, HubName } from './names.js';

/** The account's own ZeroGPU quota, in GPU seconds. */
export interface AccountQuota {
  readonly baseSeconds: number;
  /** Never below 0. */
  readonly leftSeconds: number;
  /** ISO 8601; null while nothing has been used. */
  readonly resetsAt: string | null;
  /** Seconds paid with credits; null when the Hub does not say. */
  readonly overquotaSeconds: number | null;
  /** Null for an account without a limit of runs. */
  readonly runs: {
    readonly used: number;
    readonly limit: number;
    readonly left: number;
    readonly resetsAt: string | null;
  } | null;
}

export interface Account {
  readonly name: string;
  readonly isPro: boolean;
  readonly orgs: readonly string[];
  /** The highest plan of these organisations that gives members a quota; null for none. */
  readonly plan: 'team' | 'enterprise' | null;
}

/**
 * The tier that an account calls with: that of its organisation where the platform has it, else its own.
 *
 * @param tiers of the edition of the platform
 */
export function accountTier({ isPro, plan }: Account, tiers: readonly Tier[]): AccountTier {
  if (plan !== null && tiers.includes(plan)) return plan;
  return isPro ? 'pro' : 'free';
}

export interface SpaceRuntime {
  /** RUNNING, BUILDING, CONFIG_ERROR, … */
  readonly stage: string;
  /** What it runs on now; null while it runs on nothing. */
  readonly hardware: string | null;
  readonly requestedHardware: string | null;
  /** What the Hub says of a stage that is an error; null when it says nothing. */
  readonly problem: string | null;
  /** Seconds without a visit after which it sleeps; null for never. */
  readonly sleepSeconds: number | null;
}

export interface HubSpace {
  /** `OWNER/NAME`. */
  readonly id: string;
  /** Its address; null when it has none. */
  readonly host: string | null;
  readonly private: boolean;
  readonly sdk: string | null;
  /** Commit of its files. */
  readonly sha: string | null;
  readonly runtime: SpaceRuntime | null;
  /** Front matter of its README as the Hub has read it. */
  readonly card: Readonly<Record<string, unknown>>;
}

/** A Space in an owner's list. */
export interface OwnedSpace {
  readonly id: string;
  readonly runtime: SpaceRuntime | null;
}

/** A file of a Space at one commit. */
export interface HubFile {
  /** Relative, with `/`; checked to stay inside the Space. */
  readonly path: string;
  readonly bytes: number;
  /** Name of its content in the shared cache: the git object's, or the sha256 of a large file. */
  readonly etag: string;
  readonly large: boolean;
}

/** What a snapshot would bring. */
export interface SnapshotPlan {
  readonly id: string;
  readonly sha: string;
  readonly revision: string;
  readonly files: readonly HubFile[];
  /** All files together, and those of them that the cache lacks. */
  readonly bytes: number;
  readonly missing: readonly HubFile[];
  readonly missingBytes: number;
}

export interface Hub {
  readonly endpoint: string;
  readonly hasToken: boolean;
  accountQuota(): Promise<AccountQuota>;
  /** Asked once in 12 h; the Hub limits it heavily. */
  who(): Promise<Account>;
  /**
   * The Space that is meant; the Hub is asked for an address alone.
   *
   * @throws HubError that lists the names it may stand for
   */
  named(said: HubName | HubAddress): Promise<HubName>;
  /** @param revision branch, tag or commit; the default branch for null */
  space(id: string, revision?: string | null): Promise<HubSpace>;
  runtime(id: string): Promise<SpaceRuntime>;
  spacesOf(owner: string): Promise<readonly OwnedSpace[]>;
  /**
   * Names of the Space's variables and secrets. Values are not kept.
   *
   * @returns null where the Hub does not list them: without a token, or to accounts that may not change the Space
   */
  settingNames(id: string): Promise<readonly string[] | null>;
  /** What a snapshot would bring; offline, what the cache has. */
  planSnapshot(id: string, revision?: string | null): Promise<SnapshotPlan>;
  /**
   * Brings the missing files into the shared cache.
   *
   * @param progress bytes that have come so far
   * @returns the folder of the snapshot, links into the cache
   */
  snapshot(
    plan: SnapshotPlan,
    progress?: (bytes: number) => void,
    signal?: AbortSignal,
  ): Promise<string>;
}

/** ZeroGPU's name on the Hub, whatever the card. */
export const ZERO_HARDWARE = 'zero-a10g';

export const isZero = (runtime: SpaceRuntime | null): boolean =>
  runtime !== null && (runtime.hardware ?? runtime.requestedHardware) === ZERO_HARDWARE;
