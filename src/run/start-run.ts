/** The start of a run, one step after the other: Space, plan, device and allocator, gateway, Python, app. */
import { randomBytes } from 'node:crypto';
import { findAllocators } from '../allocator/client/index.js';
import { createTaskLabels } from '../allocator/server/task-labels.js';
import { assertTorchSupported } from '../gpu/mock/supported-torch.js';
import { loadProfile } from '../platform/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { lacksCuda } from '../python-env/cuda-torch.js';
import { type PythonEnvironment, resolvePython } from '../python-env/index.js';
import { systemClock } from '../shared/clock.js';
import { confirmOn } from '../shared/confirm.js';
import { findFreePort } from '../shared/listen.js';
import { cacheDir, stateDir } from '../shared/user-folders.js';
import { readSpace, type Space } from '../space/index.js';
import { readCards } from './allocator/index.js';
import { announce } from './announce.js';
import type { AppExit } from './app/index.js';
import { assertCommandExists, withPythonFirst } from './command-process.js';
import { createCallLog } from './console/index.js';
import { findSpaceId } from './hub/index.js';
import { openAllocator } from './open-allocator.js';
import { findDebugpy, openDebugger } from './open-debugger.js';
import { openGateway } from './open-gateway.js';
import { assertPlatformSupported } from './options/index.js';
import { ownsDevice, planRun, type RunFacts } from './plan.js';
import type { RunContext, RunParts } from './run-context.js';
import { stopWithTheRun } from './space-app.js';
import { type SpaceStarts, spaceStarts } from './space-starts.js';
import { createRunFolder } from './state/index.js';
import { watchRun } from './watch/index.js';
import { type OpenConsole, startConsole } from './web/index.js';

/** A run whose app answers. */
export interface StartedRun {
  readonly parts: RunParts;
  readonly python: PythonEnvironment;
  readonly starts: SpaceStarts;
  /** The app has ended by itself, and the run ends with it. */
  readonly appEnded: Promise<AppExit>;
  /** Rejects when a restart fails for no reason of the Space. */
  readonly failed: Promise<never>;
  /** The console in the browser; null without one. */
  readonly web: OpenConsole | null;
}

/**
 * Starts everything of a run. Ports are taken before a Python is installed, so that one in use is reported at
 * once.
 *
 * @throws UserError for everything that a user can fix
 */
export async function startRun(context: RunContext): Promise<StartedRun> {
  const { options, console, world, cleanup } = context;
  assertPlatformSupported(process.platform);
  const [file, ...args] = options.command;
  // One that is not on PATH may be in the Space's environment, which is not known yet.
  if (file?.includes('/')) assertCommandExists([file, ...args], world.cwd, world.env);
  const startedMs = systemClock.now().monotonicMs;

  const profile = loadProfile(options.platform);
  const space = await readSpace(options.dir);
  const facts = await readFacts(context, profile);
  // A GPU of this machine is of use only to a PyTorch with CUDA: then Python is looked for first.
  const early = facts.cards?.kind === 'cards' ? await findPython(context, space, profile) : null;
  const plan = planRun(space, options, {
    ...facts,
    lacksCuda: early && (await lacksCuda(early.python, world.env)),
  });

  const folder = await createRunFolder(plan.stateDir, plan.runId);
  cleanup.add('the run folder', folder.remove);
  const labels = createTaskLabels(folder.tasksSocket);
  let debug: RunParts['debug'] = null;
  const log = createCallLog(labels.labelOf, (record) => {
    console.call(record);
    if (record.event === 'granted' || record.event === 'allowed') debug?.callBegan();
  });
  const allocator = await openAllocator(context, plan, folder, labels, log);
  const upstreamPort = await findFreePort();
  const open = await openGateway(context, plan, space, allocator);
  debug = await openDebugger(context, folder, allocator);
  const parts: RunParts = {
    ...{ runId: plan.runId, spaceId: plan.space.id, space, folder, log, labels },
    ...{ allocator, upstreamPort, debug, ...open },
  };

  const python = early ?? (await findPython(context, space, allocator.rules.profile));
  world.interrupted.throwIfAborted();
  if (plan.command !== null) {
    assertCommandExists(plan.command, world.cwd, withPythonFirst(world.env, python.python));
  }
  if (allocator.device.name === 'mock') assertTorchSupported(python.packages.torch);
  if (debug) await debug.prepare(await findDebugpy(context, python));
  await announce(context, parts, python);
  const web = await startConsole(context, parts);
  context.live.update({
    ...{ spaceId: parts.spaceId, space: folder.cgroupPath },
    ...{ url: parts.gateway.url, allocatorUrl: allocator.url },
  });
  return { parts, python, web, ...(await startApp(context, parts, python, startedMs)) };
}

/** What is known of this machine before anything is decided. */
async function readFacts(
  { options, world: { env } }: RunContext,
  profile: PlatformProfile,
): Promise<RunFacts> {
  const state = stateDir(options.stateDir, env);
  const serve = findAllocators(state).find(({ kind }) => kind === 'serve') ?? null;
  return {
    runId: randomBytes(8).toString('hex'),
    stateDir: state,
    env,
    profile,
    spaceId: findSpaceId(options.dir, options.spaceId, env),
    serve,
    cards: ownsDevice(options, serve) ? await readCards(options, env) : null,
    lacksCuda: null,
  };
}

/** Starts the app for the first time, and watches its files where the run does that. */
async function startApp(
  context: RunContext,
  parts: RunParts,
  python: PythonEnvironment,
  startedMs: number,
): Promise<Pick<StartedRun, 'starts' | 'appEnded' | 'failed'>> {
  const { options, world } = context;
  let onEnded: (exit: AppExit) => void;
  const appEnded = new Promise<AppExit>((resolve) => {
    onEnded = resolve;
  });
  const watching = watchRun(context);
  const starts = spaceStarts(context, parts, {
    python,
    findPython: (space, given) => findPython(context, space, parts.allocator.rules.profile, given),
    startedMs,
    onEnded: (exit) => onEnded(exit),
    onReady: once(() => {
      // With a command, stdout is the command's alone.
      if (options.command.length === 0) world.stdout.write(`ready ${parts.gateway.url}\n`);
    }),
    onStarted: watching.startIsOver,
  });
  stopWithTheRun(context, parts, starts.app, starts.standby);
  await watching.begin(starts);
  await starts.first();
  return { starts, appEnded, failed: watching.failed };
}

function once(what: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) what();
    isDone = true;
  };
}

function findPython(
  { options, console, world, terminal }: RunContext,
  space: Space,
  { name, versions }: PlatformProfile,
  given: AbortSignal = world.interrupted,
) {
  const ask = confirmOn(world);
  return resolvePython({
    space,
    platform: { name, torch: versions.torch, python: versions.python },
    confirm: ask && terminal ? (question) => terminal.lend(() => ask(question)) : ask,
    explicitPython: options.python,
    nearestTorch: options.nearestTorch,
    install: options.install,
    yes: options.yes,
    env: world.env,
    cacheDir: cacheDir(world.env),
    report: (step) => console.progress(step.message),
    signal: AbortSignal.any([world.interrupted, given]),
  });
}
