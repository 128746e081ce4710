import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatVisitorName, visitorOf } from '../allocator/core/visitor.js';
import { assertTorchSupported } from '../gpu/mock/supported-torch.js';
import type { PublishedRun } from '../lifecycle/live-runs.js';
import { loadProfile, movedOn, tierFacts, tiersOf } from '../platform/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { lacksCuda } from '../python-env/cuda-torch.js';
import { type PythonEnvironment, resolvePython } from '../python-env/index.js';
import { systemClock } from '../shared/clock.js';
import { confirmOn } from '../shared/confirm.js';
import { interruptible } from '../shared/interruption.js';
import { runMark } from '../shared/process-marks.js';
import { cacheDir, stateDir } from '../shared/user-folders.js';
import type { Space } from '../space/index.js';
import { assemble, type RunParts } from './assemble.js';
import { bannerFacts } from './banner.js';
import { createCleanup, runCleanup } from './cleanup.js';
import {
  assertCommandExists,
  type CommandProcess,
  startCommand,
  withPythonFirst,
} from './command-process.js';
import type { RunConsole } from './console.js';
import { creditsNote } from './credits.js';
import { type Ending, endingText, exitCodeOf, signalForCommand } from './ending.js';
import { hotkeyActions } from './hotkey-actions.js';
import type { RunWorld } from './index.js';
import { keepMeasured } from './keep-measured.js';
import type { RunOptions } from './options.js';
import { assertPlatformSupported } from './platform-support.js';
import { type RestartableApp, restartableApp } from './restartable-app.js';
import type { RunContext } from './run-context.js';
import type { RunTerminal } from './run-terminal.js';
import { serveUntilDone } from './serve.js';
import { startSpace, stopWithTheRun, supervisorFile, untilReady } from './space-app.js';
import { sweepProcesses } from './sweep.js';
import { usageRows } from './use-table.js';

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
  readonly app: RestartableApp;
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

  const startApp = () => startSpace(context, parts, python);
  const first = startApp();
  const app = restartableApp(first, {
    start: startApp,
    async between() {
      await sweepProcesses(parts.runId);
      await parts.allocator.restarting();
    },
    untilReady: (newest) => untilReady(context, parts, newest),
  });
  stopWithTheRun(context, parts, app);
  await untilReady(context, parts, first);
  console.ready(parts.gateway.url, (systemClock.now().monotonicMs - startedMs) / 1_000);
  context.live.update({ state: 'ready' });
  // With a command, stdout is the command's alone.
  if (options.command.length === 0) world.stdout.write(`ready ${parts.gateway.url}\n`);

  return { parts, python, app };
}

async function serve(context: RunContext, { parts, python, app }: StartedRun): Promise<number> {
  const { options, world } = context;
  listenToKeys(context, parts, app);
  const command = runCommand(context, parts, python);
  const ending = await Promise.race([
    orAllocatorFails(parts.allocator.failed),
    serveUntilDone(app.ended, options.forSeconds, command?.ended ?? null, world.interrupted),
  ]);
  context.terminal?.stop();
  return finish(context, parts, app, command, ending);
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
  app: RestartableApp,
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
      async restart() {
        const startedMs = systemClock.now().monotonicMs;
        console.progress('  restarting the app');
        live.update({ state: 'restarting' });
        await app.restart().catch((error: unknown) => {
          live.update({ state: 'failed' });
          throw error;
        });
        live.update({ state: 'ready' });
        console.ready(parts.gateway.url, (systemClock.now().monotonicMs - startedMs) / 1_000);
      },
    }),
  );
}

function findPython(
  { options, console, world }: RunContext,
  space: Space,
  { name, versions }: PlatformProfile,
) {
  return resolvePython({
    space,
    platform: { name, torch: versions.torch, python: versions.python },
    confirm: confirmOn(world),
    explicitPython: options.python,
    install: options.install,
    yes: options.yes,
    env: world.env,
    cacheDir: cacheDir(world.env),
    report: (step) => console.progress(step.message),
    signal: world.interrupted,
  });
}

async function announce(
  context: RunContext,
  parts: RunParts,
  python: PythonEnvironment,
): Promise<void> {
  const { options, console, version } = context;
  const accountLine =
    options.account &&
    (await import('./as-account.js')).accountNote(options.account, systemClock.now().wallMs);
  // Loaded for a run alone: versions of Python packages have a parser.
  const { readDeclared } = await import('./read-declared.js');
  const visitor = visitorOf(options.visitor, '127.0.0.1');
  const { rules, device, ledger } = parts.allocator;
  console.banner(
    bannerFacts({
      version,
      rules,
      device,
      spaceName: basename(parts.space.dir),
      pythonVersion: python.version,
      packages: python.packages,
      url: parts.gateway.url,
      deviceUrl: parts.allocator.url,
      visitor: visitor.key,
      visitorLimitSeconds: tierFacts(rules.profile, visitor.tier).quotaSeconds,
      notes: [
        ...(options.weightless
          ? ['weightless: no weights, no arithmetic; every output is a placeholder']
          : []),
        `quotas ${ledger}`,
        ...(accountLine === null ? [] : [accountLine]),
        ...(parts.loginEnvironment['OAUTH_CLIENT_ID']
          ? ['hf_oauth: visitors log in as local visitors (docs/login.md)']
          : []),
        ...(options.creditSeconds === null
          ? []
          : [creditsNote(rules.profile, options.visitor, options.creditSeconds)]),
        ...[movedOn(rules.profile) ?? []].flat(),
      ],
      differences: await readDeclared(parts.space, python, rules.profile, context.world.env),
      hub: parts.hubUrl === null ? null : { url: parts.hubUrl, spaceId: parts.spaceId },
    }),
  );
}

async function finish(
  context: RunContext,
  parts: RunParts,
  app: RestartableApp,
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
