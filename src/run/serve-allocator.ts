import { join } from 'node:path';
import {
  findAllocators,
  lastServePort,
  publishLocator,
  rememberServePort,
} from '../allocator/client/index.js';
import type { AllocatorServer } from '../allocator/server/index.js';
import { loadProfile } from '../platform/index.js';
import { systemClock, type Timer } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import { makeFolder } from '../shared/make-folder.js';
import { whyUnwritable } from '../shared/unwritable.js';
import { stateDir } from '../shared/user-folders.js';
import { type AllocatorHost, readCards, startHost } from './allocator/index.js';
import type { OpenCluster, openCluster } from './cluster/index.js';
import { createCallLog, createConsole, type RunConsole, usageRows } from './console/index.js';
import { parseServeOptions, type RawServeOptions, type ServeOptions } from './options/index.js';
import { traceCalls } from './otlp/index.js';
import { planServe } from './plan-host.js';
import type { RunWorld } from './run-context.js';
import { type Cleanup, createCleanup, runCleanup, sharedLedgerDir } from './state/index.js';

/**
 * `zerogpu serve`: the allocator alone, for every run of this user to join.
 *
 * @returns the exit code of the process
 * @throws UserError for a flag, a ledger or a port that does not let it; E_STATE_LOCKED when one
 *   runs already
 */
export async function serve(
  raw: RawServeOptions,
  world: RunWorld,
  version: string,
): Promise<number> {
  const options = parseServeOptions(raw, world.cwd);
  const write = (line: string) => void world.stderr.write(`${line}\n`);
  const console = createConsole(options, write, systemClock);
  const cleanup = createCleanup();
  try {
    return await startAndServe(options, console, world, version, cleanup);
  } finally {
    await runCleanup(cleanup, console.warn);
  }
}

async function startAndServe(
  options: ServeOptions,
  console: RunConsole,
  world: RunWorld,
  version: string,
  cleanup: Cleanup,
): Promise<number> {
  const state = stateDir(options.stateDir, world.env);
  refuseSecond(state);
  const profile = loadProfile(options.platform);
  const runDir = makeDeviceFolder(state);
  const plan = planServe(options, {
    ...{ profile, stateDir: state, lastPort: lastServePort(state) },
    cards: await readCards(options, world.env),
  });
  let host: AllocatorHost | null = null;
  let told: ((message: string, visitor: string) => void) | null = null;
  const nameOf = (space: string) => host?.server.state.spaces.get(space)?.name ?? '?';
  const traced = await traceCalls(
    options.quiet ? { ...console, call: () => {} } : console,
    options.otlpUrl === null
      ? null
      : {
          ...{ url: options.otlpUrl, service: 'zerogpu-serve', version },
          spaceOf: ({ space }) => nameOf(space),
        },
  );
  cleanup.add('the traces', traced.close);
  const log = createCallLog(async (taskId, space) => {
    const name = await host?.server.labels.ask(space, taskId);
    return `${nameOf(space)}/${name ?? '?'}`;
  }, traced.console.call);
  const isLogged = !options.quiet || options.otlpUrl !== null;
  const facts = { env: world.env, stateDir: state, version, profile };
  const cluster = await joinCluster(options, console, facts, cleanup);
  host = await startHost(plan, {
    ...{ runDir, version, env: world.env },
    cluster: cluster?.membership ?? null,
    quotaStore: cluster?.quotas ?? null,
    isTraced: options.otlpUrl !== null,
    onTold: (message, visitor) => told?.(message, visitor),
    onRecord(record) {
      cluster?.membership.record(record);
      if (isLogged) log.add(record);
    },
    onStartupReport: async () => {},
    warn: (message) => console.warn(message),
    onDevice: (backend) => cleanup.add('the GPU backend', backend.close),
  });
  const { server, failed } = host;
  const { ledgerDir } = plan;
  cleanup.add('the allocator', server.close);
  warnOfOtherPort(lastServePort(state), server.url, console);
  rememberServePort(state, server.url);
  await cluster?.membership.begin(server);
  const locator = publishLocator(state, { kind: 'serve', url: server.url, space: null });
  cleanup.add('the locator', locator.remove);

  announce(console, server, options, ledgerDir, version);
  if (options.localHub) {
    const { url } = server;
    const sources = { allocator: () => url, stateDir: state, own: null, env: world.env };
    // Loaded on demand: an allocator without it has to be up again at once after a crash.
    const { openLocalHub } = await import('./hub/local-hub.js');
    const hub = await openLocalHub(sources);
    cleanup.add('the local Hub', hub.close);
    console.progress(`  local Hub: HF_ENDPOINT=${hub.url}`);
  }
  world.stdout.write(`ready ${server.url}\n`);
  // Loaded when the allocator serves already: after a crash that may not wait.
  const { startServeConsole } = await import('./web/start-console.js');
  const where = () => server.url;
  told = await startServeConsole({ profile, stateDir: state, version, where }, console, cleanup);
  const why = await untilDone(options, world.interrupted, failed);
  console.stopping(
    `Stopping (${why}): ${server.state.leases.size} call(s) running, ${server.state.spaces.size} Space(s) here.`,
  );
  await server.stop();
  await log.flush();
  await cleanup.run();
  console.table(usageRows(log.uses()));
  return EXIT.ok;
}

/** @returns null for a host alone, for which nothing of a cluster is loaded */
async function joinCluster(
  { cluster: url, node }: ServeOptions,
  console: RunConsole,
  facts: Omit<Parameters<typeof openCluster>[1], 'warn'>,
  cleanup: Cleanup,
): Promise<OpenCluster | null> {
  if (url === null) return null;
  const { openCluster } = await import('./cluster/index.js');
  const warn = (message: string) => console.warn(message);
  const cluster = await openCluster({ url, node }, { ...facts, warn });
  cleanup.add('the cluster', cluster.close);
  console.progress(`  cluster ${cluster.shown} · node ${cluster.membership.name}`);
  return cluster;
}

/** For scripts that know the address: runs that had joined find this one by its locator. */
function warnOfOtherPort(lastPort: number, url: string, console: RunConsole): void {
  const port = Number(new URL(url).port);
  if (lastPort === 0 || lastPort === port) return;
  console.warn(
    `zerogpu serve was at port ${lastPort} before and is at ${port} now: runs that had joined it follow`,
  );
}

/**
 * The device's files are kept between starts: workers that outlive us go on writing them.
 *
 * @throws UserError E_STATE_DIR for a folder that can't be written
 */
function makeDeviceFolder(state: string): string {
  const runDir = join(sharedLedgerDir(state), 'device');
  const why = whyUnwritable(runDir);
  if (why !== null) throw unusable(state, why);
  try {
    makeFolder(runDir, 0o700);
  } catch (error) {
    // The superuser may write everywhere, and the kernel makes no folder all the same (below /proc).
    throw unusable(state, error instanceof Error ? error.message : String(error));
  }
  return runDir;
}

function unusable(state: string, why: string): UserError {
  return new UserError('E_STATE_DIR', `the state folder ${state} can't be used`, {
    why,
    fix: 'zerogpu serve --state-dir DIR   (a folder that you may write to, with room on its disk)',
    exitCode: EXIT.cannot,
  });
}

function refuseSecond(state: string): void {
  const other = findAllocators(state).find(({ kind }) => kind === 'serve');
  if (!other) return;
  throw new UserError('E_STATE_LOCKED', `zerogpu serve runs already (pid ${other.pid})`, {
    why: `It answers at ${other.url}, and every zerogpu run joins it.`,
    fix: ['zerogpu quota', 'zerogpu serve --state-dir DIR   (a second one, apart from the first)'],
    exitCode: EXIT.cannot,
  });
}

function announce(
  console: RunConsole,
  server: AllocatorServer,
  options: ServeOptions,
  ledgerDir: string | null,
  version: string,
): void {
  const { profile } = server.state.rules;
  const { slices, spaces, leases } = server.state;
  console.progress(
    `zerogpu ${version} serve   platform ${profile.name} (as of ${profile.asOf}) · ${options.gpus} GPU(s), ${slices.length} slice(s)`,
  );
  console.progress(`  ledger ${ledgerDir === null ? 'in memory' : join(ledgerDir, 'ledger.db')}`);
  if (spaces.size + leases.size > 0) {
    console.progress(`  found again: ${spaces.size} Space(s), ${leases.size} call(s)`);
  }
  console.progress('  join it: zerogpu run DIR      look: zerogpu quota      Ctrl-C stops');
}

/** @returns what ended it, for the last line; rejects with the ledger's error */
function untilDone(
  options: ServeOptions,
  interrupted: AbortSignal,
  failed: AbortSignal,
): Promise<string> {
  let timer: Timer | null = null;
  const done = new Promise<string>((resolve, reject) => {
    const onInterrupt = () => resolve(String(interrupted.reason));
    if (interrupted.aborted) onInterrupt();
    interrupted.addEventListener('abort', onInterrupt, { once: true });
    failed.addEventListener('abort', () => reject(failed.reason), { once: true });
    if (options.forSeconds === null) return;
    timer = systemClock.after(options.forSeconds * 1000, () =>
      resolve('the time of --for is over'),
    );
  });
  return done.finally(() => timer?.cancel());
}
