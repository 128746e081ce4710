/** The host of a run of its own, and that of `zerogpu serve`, as data. Pure. */
import type { PlatformProfile } from '../platform/schema.js';
import { type CardFacts, type HostPlan, planDevice } from './allocator/index.js';
import type { RunOptions, ServeOptions } from './options/index.js';
import { sharedLedgerDir, spaceLedgerDir } from './state/index.js';

/** Set by `zerogpu estimate`, which reads what the calls took. */
const WEIGHTLESS_CALLS = 'ZEROGPU_WEIGHTLESS_CALLS';
/** Longer than any call on the weightless device. */
const PATIENCE_SECONDS = 86_400;

/** What the host of a run has to know of this machine. */
export interface OwnHostFacts {
  readonly profile: PlatformProfile;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cards: CardFacts | null;
  readonly lacksCuda: string | null;
}

/** @throws UserError E_USAGE, E_GPU_UNAVAILABLE for a device that the flags do not get */
export function planOwnHost(options: RunOptions, facts: OwnHostFacts): HostPlan {
  const { profile, stateDir } = facts;
  const { gpus, vramBytes, weightless, speed, faults, seed } = options;
  // Quotas are kept for the Space's next run, but for a test's (`-- CMD`) or `--fresh`.
  const isKept = !options.fresh && options.command.length === 0;
  return {
    kind: 'run',
    rules: {
      // A call on the weightless device takes as long as Python does: no duration ends it.
      profile: weightless
        ? { ...profile, lease: { ...profile.lease, graceSeconds: PATIENCE_SECONDS } }
        : profile,
      longestCallSeconds: options.longestCallSeconds,
      concurrencyPerSpace: null,
    },
    device: planDevice(options, facts.cards, facts.lacksCuda),
    deviceRequest: { gpus, vramBytes, weightless, callsDir: facts.env[WEIGHTLESS_CALLS] || null },
    ...{ speed, faults, seed, stateDir },
    ledgerDir: isKept ? spaceLedgerDir(stateDir, options.dir) : null,
    port: { number: 0, explicit: true },
  };
}

/** What `zerogpu serve` has to know of this machine. */
export interface ServeFacts {
  readonly profile: PlatformProfile;
  readonly stateDir: string;
  readonly cards: CardFacts | null;
  /** Where it listened last; 0 for never. */
  readonly lastPort: number;
}

/** @throws UserError E_USAGE for slices of an emulated GPU */
export function planServe(options: ServeOptions, facts: ServeFacts): HostPlan {
  const { gpus, vramBytes, speed, faults, seed, port } = options;
  const { stateDir } = facts;
  // Each run that joins brings a Python of its own: --gpu nvidia is a promise that they have CUDA.
  const lacksCuda =
    options.gpu === 'nvidia'
      ? null
      : 'zerogpu serve takes a real GPU on demand only (--gpu nvidia)';
  return {
    kind: 'serve',
    rules: {
      profile: facts.profile,
      longestCallSeconds: options.longestCallSeconds,
      concurrencyPerSpace: options.concurrencyPerSpace,
    },
    device: planDevice(options, facts.cards, lacksCuda),
    deviceRequest: { gpus, vramBytes },
    ...{ speed, faults, seed, stateDir },
    ledgerDir: options.fresh ? null : sharedLedgerDir(stateDir),
    port: { number: port ?? facts.lastPort, explicit: port !== null },
  };
}
