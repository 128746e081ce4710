import { setTimeout as sleep } from 'node:timers/promises';
import { formatVisitorName } from '../allocator/core/visitor.js';
import { tiersOf } from '../platform/index.js';
import type { PythonEnvironment } from '../python-env/index.js';
import { interruptible } from '../shared/interruption.js';
import { runMark } from '../shared/process-marks.js';
import { stateDir } from '../shared/user-folders.js';
import { type CommandProcess, startCommand, withPythonFirst } from './command-process.js';
import { usageRows } from './console/index.js';
import { type Ending, endingText, exitCodeOf, signalForCommand } from './ending.js';
import { hotkeyActions } from './hotkey-actions.js';
import type { RunContext, RunParts } from './run-context.js';
import { serveUntilDone } from './serve.js';
import { supervisorFile } from './space-app.js';
import type { SpaceStarts } from './space-starts.js';
import { type StartedRun, startRun } from './start-run.js';
import { createCleanup, keepMeasured, runCleanup } from './state/index.js';

/** For each of the last two questions to the allocator, milliseconds. */
const LAST_ANSWER_MS = 1_500;

/**
 * One run from start to end: finds the Space and its Python, starts allocator, gateway and app,
 * serves until it is stopped, and leaves nothing behind.
 *
 * @returns the exit code of the process
 * @throws UserError for everything that a user can fix; the signal's reason when the start is interrupted
 */
export async function drive(given: Omit<RunContext, 'cleanup'>): Promise<number> {
  const cleanup = createCleanup();
  const context = { ...given, cleanup };
  const { console, terminal, world } = given;
  const { interrupted } = world;
  try {
    const started = await interruptible(interrupted, () => startRun(context));
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

async function serve(
  context: RunContext,
  { parts, python, starts, appEnded, failed, web }: StartedRun,
): Promise<number> {
  const { options, world } = context;
  listenToKeys(context, parts, starts, web);
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
  web: StartedRun['web'],
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
      openConsole: web ? () => web.open() : null,
    }),
  );
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
