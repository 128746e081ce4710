import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { findAllocators } from '../allocator/client/index.js';
import type { AllocatorRules } from '../allocator/core/types.js';
import { formatVisitorName, visitorOf } from '../allocator/core/visitor.js';
import { createTaskLabels, type TaskLabels } from '../allocator/server/task-labels.js';
import { createVisitorTokens } from '../allocator/server/visitor-tokens.js';
import { type Gateway, startGateway } from '../gateway/index.js';
import { loginEnvironment } from '../hub/login/index.js';
import { loadProfile, tiersOf } from '../platform/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { systemClock } from '../shared/clock.js';
import { findFreePort } from '../shared/listen.js';
import { stateDir } from '../shared/user-folders.js';
import { readSpace, type Space } from '../space/index.js';
import {
  type AllocatorLink,
  chooseBackend,
  type GpuChoice,
  giveCredits,
  joinAllocator,
  quotaClock,
  type SpaceFacts,
  startOwnAllocator,
} from './allocator/index.js';
import {
  type CallLog,
  createCallLog,
  createPromiseCheck,
  type RunConsole,
} from './console/index.js';
import {
  findSpaceId,
  knownVisitors,
  openLocalHub,
  spaceLogin,
  visitorsOfLogins,
} from './hub/index.js';
import { assertFitsPlatform, type RunOptions } from './options/index.js';
import { type Cleanup, createRunFolder, type RunFolder, spaceLedgerDir } from './state/index.js';

/** Set by `zerogpu estimate`, which reads what the calls took. */
const WEIGHTLESS_CALLS = 'ZEROGPU_WEIGHTLESS_CALLS';
/** Longer than any call on the weightless device. */
const PATIENCE_SECONDS = 86_400;

/** Everything of a run but the app: the Space as read, and what stands around it. */
export interface RunParts {
  readonly runId: string;
  readonly space: Space;
  readonly folder: RunFolder;
  readonly allocator: AllocatorLink;
  readonly gateway: Gateway;
  /** `owner/name`, as the Hub calls it. */
  readonly spaceId: string;
  /** What clients get as HF_ENDPOINT; null without `--local-hub`. */
  readonly hubUrl: string | null;
  /** What the platform sets for a Space with `hf_oauth`; empty for others. */
  readonly loginEnvironment: Readonly<Record<string, string>>;
  /** Where the app has to listen. */
  readonly upstreamPort: number;
  readonly log: CallLog;
  readonly labels: TaskLabels;
}

/**
 * Reads the Space and starts allocator and gateway. Ports are taken here, before any Python is
 * installed or started, so that a port in use is reported at once.
 *
 * @throws UserError for a bad Space, platform, port or state folder
 */
export async function assemble(
  options: RunOptions,
  env: Readonly<Record<string, string | undefined>>,
  console: RunConsole,
  cleanup: Cleanup,
  version: string,
  lacksCuda: (space: Space) => Promise<string | null>,
): Promise<RunParts> {
  const profile = loadProfile(options.platform);
  const space = await readSpace(options.dir);
  const runId = randomBytes(8).toString('hex');
  const state = stateDir(options.stateDir, env);
  const folder = await createRunFolder(state, runId);
  cleanup.add('the run folder', folder.remove);

  const tasksSocket = join(folder.dir, 'tasks.sock');
  const labels = createTaskLabels(tasksSocket);
  const log = createCallLog(labels.labelOf, console.call);
  const facts: SpaceFacts = {
    id: folder.cgroupPath,
    name: space.name,
    owner: options.owner,
    tasksSocket,
  };
  const shared = {
    stateDir: state,
    space: facts,
    onRecord: log.add,
    warn: (message: string) => console.warn(message),
  };
  const serving = options.fresh
    ? undefined
    : findAllocators(state).find(({ kind }) => kind === 'serve');
  if (!serving) assertFitsPlatform(options, profile);
  const allocator = serving
    ? await joinAllocator({ ...shared, locator: serving })
    : await startOwn(options, profile, folder, cleanup, {
        ...{ ...shared, version, onStartupReport: async () => void (await labels.learn()) },
        device: {
          env,
          say: (message) => console.warn(message),
          lacksCuda: () => lacksCuda(space),
        },
      });
  cleanup.add('the allocator', allocator.close);
  if (serving) warnOfIgnoredFlags(options, allocator, console);
  if (serving) assertFitsPlatform(options, allocator.rules.profile);
  if (options.account) await bringUse(options, allocator, console);
  if (options.creditSeconds !== null) {
    await giveCredits(allocator, options.visitor, options.creditSeconds);
  }
  const tiers = tiersOf(allocator.rules.profile);
  const checkPromise = createPromiseCheck(allocator.rules.profile, console.warn);
  const tokens = createVisitorTokens(allocator.tokenKey, systemClock);

  const upstreamPort = await findFreePort();
  const spaceId = findSpaceId(options.dir, options.spaceId, env);
  let publicHost = '';
  const login = spaceLogin({
    ...{ space, spaceId, stateDir: state, host: () => publicHost },
    defaultVisitor: formatVisitorName(options.visitor),
    tiers,
    known: () => knownVisitors(allocator.where, state),
  });
  const gateway = await startGateway({
    host: options.host,
    port: options.port,
    upstreamPort: null,
    defaultVisitor: options.visitor,
    tokens,
    ...(options.faults.some(({ kind }) => kind === 'token-error')
      ? { tokenError: 'Invalid token (fault)' }
      : {}),
    onTold(message, visitor) {
      console.told(message, visitor);
      checkPromise(message);
    },
    tiers,
    login: login?.gateway ?? null,
    visitorOfLogin: visitorsOfLogins(state),
  });
  publicHost = new URL(gateway.url).host;
  cleanup.add('the gateway', gateway.close);
  await allocator.reachable(spaceId, gateway.url);
  const hub =
    options.localHub || login
      ? await openLocalHub({
          ...{ allocator: allocator.where, stateDir: state, env },
          own: { id: spaceId, url: gateway.url },
          login: login && { provider: login.provider, page: `${gateway.url}${login.gateway.path}` },
        })
      : null;
  if (hub) cleanup.add('the local Hub', hub.close);
  return {
    ...{ runId, space, folder, allocator, gateway, spaceId, upstreamPort, log, labels },
    hubUrl: options.localHub && hub ? hub.url : null,
    loginEnvironment:
      login && hub
        ? // What the app does with a visitor's token, it does at the Hub that gave it.
          { ...loginEnvironment(login.provider.app, hub.url), HF_ENDPOINT: hub.url }
        : {},
  };
}

/** The visitor has used here what the account has used on the Hub. */
async function bringUse(
  { account, visitor }: RunOptions,
  allocator: AllocatorLink,
  console: RunConsole,
): Promise<void> {
  if (account === null) return;
  const { accountUse } = await import('./hub/as-account.js');
  const { profile } = allocator.rules;
  const { use, lacksSeconds } = accountUse(account, profile, systemClock.now().wallMs);
  await allocator.setUse(visitorOf(visitor, '127.0.0.1'), use);
  if (lacksSeconds === 0) return;
  console.warn(
    `the account has ${Math.round(lacksSeconds)} s more left than ${visitor.tier} has in a day on ${profile.name}: here it has what ${visitor.tier} has`,
  );
}

/** A run alone: its quotas are kept for its next time, but for a test's (`-- CMD`) or `--fresh`. */
async function startOwn(
  options: RunOptions,
  profile: PlatformProfile,
  folder: RunFolder,
  cleanup: Cleanup,
  {
    device,
    ...shared
  }: Omit<
    Parameters<typeof startOwnAllocator>[0],
    'options' | 'rules' | 'backend' | 'clock' | 'ledgerDir'
  > & { readonly device: Pick<GpuChoice, 'env' | 'say' | 'lacksCuda'> },
): Promise<AllocatorLink> {
  const { gpu, gpus, slices, vramBytes, longestCallSeconds } = options;
  const { weightless } = options;
  const callsDir = device.env[WEIGHTLESS_CALLS] || null;
  const request = {
    ...{ profile, gpu, gpus, slices, vramBytes, weightless, callsDir },
    runDir: folder.dir,
  };
  const backend = await chooseBackend({ ...request, ...device });
  cleanup.add('the GPU backend', backend.close);
  const rules: AllocatorRules = {
    profile: weightless ? patient(profile) : profile,
    longestCallSeconds,
    concurrencyPerSpace: null,
  };
  const isKept = !options.fresh && options.command.length === 0;
  return startOwnAllocator({
    ...shared,
    options,
    rules,
    backend,
    clock: quotaClock(systemClock, options.speed),
    ledgerDir: isKept ? spaceLedgerDir(shared.stateDir, options.dir) : null,
  });
}

/** A call on the weightless device takes as long as Python does: no duration ends it. */
function patient(profile: PlatformProfile): PlatformProfile {
  return { ...profile, lease: { ...profile.lease, graceSeconds: PATIENCE_SECONDS } };
}

/** What belongs to the whole host was decided when it was started. */
function warnOfIgnoredFlags(
  options: RunOptions,
  allocator: AllocatorLink,
  console: RunConsole,
): void {
  const { platform, gpus, slices, vramBytes, longestCallSeconds, speed, faults } = options;
  const ignored = [
    ...(platform === allocator.rules.profile.name ? [] : ['--platform']),
    ...(gpus === 1 || gpus === allocator.device.gpus ? [] : ['--gpus']),
    ...(slices === null ? [] : ['--slices']),
    ...(vramBytes === null ? [] : ['--vram']),
    ...(longestCallSeconds === null ? [] : ['--duration']),
    ...(speed === 1 ? [] : ['--speed']),
    ...(faults.some(({ kind }) => kind !== 'token-error') ? ['--fault'] : []),
  ];
  if (ignored.length === 0) return;
  console.warn(
    `${ignored.join(', ')}: decided by zerogpu serve, which this run joins (--fresh: one of its own)`,
  );
}
