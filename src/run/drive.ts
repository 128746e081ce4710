import { setTimeout as sleep } from 'node:timers/promises';
import { formatVisitorName } from '../allocator/core/visitor.js';
import { assertTorchSupported } from '../gpu/mock/supported-torch.js';
import type { PublishedRun } from '../lifecycle/live-runs.js';
import { loadProfile, tiersOf } from '../platform/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { lacksCuda } from '../python-env/cuda-torch.js';
import { type PythonEnvironment, resolvePython } from '../python-env/index.js';
import { systemClock } from '../shared/clock.js';
import { confirmOn } from '../shared/confirm.js';
import { interruptible } from '../shared/interruption.js';
import { runMark } from '../shared/process-marks.js';
import { cacheDir, stateDir } from '../shared/user-folders.js';
import type { Space } from '../space/index.js';
import { announce } from './announce.js';
import type { AppExit } from './app/index.js';
import { assemble, type RunParts } from './assemble.js';
import {
  assertCommandExists,
  type CommandProcess,
  startCommand,
  withPythonFirst,
} from './command-process.js';
import { type RunConsole, type RunTerminal, usageRows } from './console/index.js';
import { type Ending, endingText, exitCodeOf, signalForCommand } from './ending.js';
import { hotkeyActions } from './hotkey-actions.js';
import { assertPlatformSupported, type RunOptions } from './options/index.js';
import type { RunContext, RunWorld } from './run-context.js';
import { serveUntilDone } from './serve.js';
import { stopWithTheRun, supervisorFile } from './space-app.js';
import { type SpaceStarts, spaceStarts } from './space-starts.js';
import { createCleanup, keepMeasured, runCleanup } from './state/index.js';
import { watchRun } from './watch/index.js';

/** For each of the last two questions to the allocator, milliseconds. */
const LAST_ANSWER_MS = 1_500;

/**
 * One run from start to end: finds the Space and its Python, starts allocator, gateway and app,
 * serves until it is stopped, and leaves nothing behind.
 *
 * @returns the exit code of the process
 * @throws UserError for everything that a user can fix; the signal's reason when the start is interrupted
 */
export async function drive(
  options: RunOptions,
  console: RunConsole,
  world: RunWorld,
  version: string,
  live: PublishedRun,
  terminal: RunTerminal | null = null,
): Promise<number> {
  const cleanup = createCleanup();
  const context = { options, console, world, version, cleanup, terminal, live };
  const { interrupted } = world;
  try {
    const started = await interruptible(interrupted, () => start(context));
    return await serve(context, started);
  } catch (error) {
    if (interrupted.aborted && error === interrupted.reason) {
      console.stopping(`Stopping (${interrupted.reason}): the app had not started.`);
    }
    throw error;
  } finally {
    terminal?.stop();
    await runCleanup(cleanup, console.warn);
  }
}

/** A run whose app answers. */
interface StartedRun {
  readonly parts: RunParts;
  readonly python: PythonEnvironment;
  readonly starts: SpaceStarts;
  /** The app has ended by itself, and the run ends with it. */
  readonly appEnded: Promise<AppExit>;
  /** Rejects when a restart fails for no reason of the Space. */
  readonly failed: Promise<never>;
}

async function start(context: RunContext): Promise<StartedRun> {
  const { options, console, world, cleanup } = context;
  assertPlatformSupported(process.platform);
  const [file, ...args] = options.command;
  // One that is not on PATH may be in the Space's environment, which is not known yet.
  if (file?.includes('/')) assertCommandExists([file, ...args], world.cwd, world.env);
  const startedMs = systemClock.now().monotonicMs;
  let found: Promise<PythonEnvironment> | null = null;
  const pythonOf = (space: Space, profile: PlatformProfile) => {
    found ??= findPython(context, space, profile);
    return found;
  };
  // A GPU of this machine is of use only to a PyTorch with CUDA: then Python is looked for first.
  const lacks = async (space: Space) => {
    const { python } = await pythonOf(space, loadProfile(options.platform));
    return lacksCuda(python, world.env);
  };
  const parts = await assemble(options, world.env, console, cleanup, context.version, lacks);
  const python = await pythonOf(parts.space, parts.allocator.rules.profile);
  world.interrupted.throwIfAborted();
  if (file !== undefined) {
    assertCommandExists([file, ...args], world.cwd, withPythonFirst(world.env, python.python));
  }
  if (parts.allocator.device.name === 'mock') assertTorchSupported(python.packages.torch);
  await announce(context, parts, python);
  context.live.update({
    ...{ spaceId: parts.spaceId, space: parts.folder.cgroupPath },
    ...{ url: parts.gateway.url, allocatorUrl: parts.allocator.url },
  });

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
  stopWithTheRun(context, parts, starts.app);
  await watching.begin(starts);
  await starts.first();

  return { parts, python, starts, appEnded, failed: watching.failed };
}

function once(what: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) what();
    isDone = true;
  };
}

async function serve(
  context: RunContext,
  { parts, python, starts, appEnded, failed }: StartedRun,
): Promise<number> {
  const { options, world } = context;
  listenToKeys(context, parts, starts);
  const command = runCommand(context, parts, python);
  const ending = await Promise.race([
    orAllocatorFails(parts.allocator.failed),
    failed,
    serveUntilDone(appEnded, options.forSeconds, command?.ended ?? null, world.interrupted),
  ]);
  context.terminal?.stop();
  return finish(context, parts, starts.app, command, ending);
}

/** Starts the command after `--`, which finds the Space by its environment. */
function runCommand(
  { options, world, cleanup }: RunContext,
  { gateway, hubUrl, runId }: RunParts,
  { python }: PythonEnvironment,
): CommandProcess | null {
  const [file, ...args] = options.command;
  if (file === undefined) return null;
  const env = withPythonFirst(world.env, python);
  const command = startCommand({
    command: [file, ...args],
    cwd: world.cwd,
    env: {
      ...env,
      ...(hubUrl === null ? {} : { HF_ENDPOINT: hubUrl }),
      ZEROGPU_URL: gateway.url,
      GRADIO_URL: gateway.url,
    },
    python,
    supervisor: supervisorFile(),
    mark: runMark(runId),
    inForeground: world.inForeground?.() ?? false,
  });
  cleanup.add('the command', async () => void (await command.stop('SIGTERM')));
  world.onForced(command.kill);
  return command;
}

function listenToKeys(
  { terminal, options, console, world, live }: RunContext,
  parts: RunParts,
  starts: SpaceStarts,
): void {
  terminal?.start(
    formatVisitorName(options.visitor),
    hotkeyActions({
      gateway: parts.gateway,
      allocator: parts.allocator,
      stateDir: stateDir(options.stateDir, world.env),
      visitor: options.visitor,
      tiers: tiersOf(parts.allocator.rules.profile),
      ascii: options.ascii,
      stdin: world.stdin as NodeJS.ReadStream,
      stdout: world.stdout as NodeJS.WriteStream,
      env: world.env,
      interrupted: world.interrupted,
      warn: (message) => console.warn(message),
      onVisitor: (name) => live.update({ visitor: name }),
      restart: () => starts.again(null),
    }),
  );
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

async function finish(
  context: RunContext,
  parts: RunParts,
  app: SpaceStarts['app'],
  command: CommandProcess | null,
  ending: Ending,
): Promise<number> {
  const { console, cleanup } = context;
  const running = (await soon(parts.allocator.running())) ?? 0;
  console.stopping(
    `Stopping (${endingText(ending)}): ${running === 0 ? 'no call' : `${running} call(s)`} running.`,
  );
  const commandCode = (await command?.stop(signalForCommand(ending))) ?? null;
  // Before the app: what waits is refused and what runs is ended, charged and logged. An allocator
  // that is gone has no calls of this Space; one that is frozen will see that the app has died.
  await soon(parts.allocator.gone());
  await app.stop();
  await cleanup.run();
  await parts.log.flush();
  const rows = usageRows(parts.log.uses(), context.options);
  console.table(rows);
  const { device } = parts.allocator;
  const measured = {
    stateDir: stateDir(context.options.stateDir, context.world.env),
    space: parts.space.dir,
    gpu: device.name === 'mock' ? null : device.description,
    rows,
  };
  await keepMeasured(measured, console.warn);
  return exitCodeOf(ending, commandCode);
}

/** What an allocator says, unless it fails or takes long: the end does not wait for it. */
function soon<T>(answer: Promise<T>): Promise<T | null> {
  return Promise.race([answer.catch(() => null), sleep(LAST_ANSWER_MS, null, { ref: false })]);
}

/** Rejects with the allocator's own error; never resolves. */
function orAllocatorFails(failed: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    failed.addEventListener('abort', () => reject(failed.reason), { once: true });
  });
}
