/** What a run will be, decided before anything of it exists. Pure: what is known of the machine comes in as facts. */
import type { Locator } from '../allocator/client/index.js';
import type { Owner } from '../allocator/core/types.js';
import type { VisitorName } from '../allocator/core/visitor.js';
import type { PlatformProfile } from '../platform/schema.js';
import type { Space } from '../space/index.js';
import type { CardFacts, HostPlan } from './allocator/index.js';
import { assertFitsPlatform, type RunOptions } from './options/index.js';
import { planOwnHost } from './plan-host.js';

/** What a run has to know of this machine. */
export interface RunFacts {
  /** Unguessable: the run's processes and folders are found by it. */
  readonly runId: string;
  /** Absolute. */
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The platform that `--platform` names. */
  readonly profile: PlatformProfile;
  /** `owner/name` of the Space, as its folder or the user says. */
  readonly spaceId: string;
  /** The allocator of `zerogpu serve` that runs now; null for none. */
  readonly serve: Locator | null;
  /** Null where nothing depends on the cards of this machine. */
  readonly cards: CardFacts | null;
  /** Why the Space's PyTorch can't use a card; null when it can, or where there is none. */
  readonly lacksCuda: string | null;
}

/** One run: data that says what to start, in the order in which it is started. */
export interface RunPlan {
  readonly runId: string;
  readonly stateDir: string;
  readonly space: { readonly id: string; readonly name: string; readonly owner: Owner };
  readonly allocator: AllocatorPlan;
  readonly gateway: GatewayPlan;
  /** Clients get HF_ENDPOINT of a local Hub. */
  readonly hasLocalHub: boolean;
  /** The command after `--`; null for none. */
  readonly command: readonly [file: string, ...args: string[]] | null;
}

/** One that runs already and decides what belongs to its host, or one of this run's own. */
export type AllocatorPlan =
  | { readonly kind: 'join'; readonly serve: Locator }
  | { readonly kind: 'own'; readonly host: HostPlan };

export interface GatewayPlan {
  readonly host: string;
  readonly port: { readonly number: number; readonly explicit: boolean };
  readonly defaultVisitor: VisitorName;
  /** Why no visitor's token counts (`--fault token-error`); null when they do. */
  readonly tokenError: string | null;
}

/**
 * Whether the run will have an allocator of its own, and with it a device. `serve` is looked for first: a
 * machine's cards are its business then.
 */
export function ownsDevice(options: Pick<RunOptions, 'fresh'>, serve: Locator | null): boolean {
  return options.fresh || serve === null;
}

/**
 * Decides everything that can be decided before a run starts.
 *
 * @throws UserError E_USAGE for what the platform does not have; E_GPU_UNAVAILABLE for a PyTorch without CUDA
 */
export function planRun(space: Pick<Space, 'name'>, options: RunOptions, facts: RunFacts): RunPlan {
  const [file, ...args] = options.command;
  return {
    runId: facts.runId,
    stateDir: facts.stateDir,
    space: { id: facts.spaceId, name: space.name, owner: options.owner },
    allocator: planAllocator(options, facts),
    gateway: {
      host: options.host,
      port: options.port,
      defaultVisitor: options.visitor,
      tokenError: options.faults.some(({ kind }) => kind === 'token-error')
        ? 'Invalid token (fault)'
        : null,
    },
    hasLocalHub: options.localHub,
    command: file === undefined ? null : [file, ...args],
  };
}

function planAllocator(options: RunOptions, facts: RunFacts): AllocatorPlan {
  const { serve } = facts;
  if (serve !== null && !ownsDevice(options, serve)) return { kind: 'join', serve };
  assertFitsPlatform(options, facts.profile);
  return { kind: 'own', host: planOwnHost(options, facts) };
}

/** What a host that the run joins has decided when it was started. */
export interface JoinedHost {
  readonly platform: string;
  readonly gpus: number;
}

/** Flags of `run` that have no effect in a run that joins `zerogpu serve`. */
export function ignoredFlags(options: RunOptions, joined: JoinedHost): readonly string[] {
  const { platform, gpus, slices, vramBytes, longestCallSeconds, speed, faults } = options;
  return [
    ...(platform === joined.platform ? [] : ['--platform']),
    ...(gpus === 1 || gpus === joined.gpus ? [] : ['--gpus']),
    ...(slices === null ? [] : ['--slices']),
    ...(vramBytes === null ? [] : ['--vram']),
    ...(longestCallSeconds === null ? [] : ['--duration']),
    ...(speed === 1 ? [] : ['--speed']),
    ...(faults.some(({ kind }) => kind !== 'token-error') ? ['--fault'] : []),
  ];
}
