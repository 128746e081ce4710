import { resolve } from 'node:path';
import { formatVisitorName } from '../allocator/core/visitor.js';
import { DETACHED_LOG } from '../lifecycle/detach.js';
import { publishRun } from '../lifecycle/live-runs.js';
import { createHider, secretsOf } from '../lifecycle/redact.js';
import { makeLog, openLog } from '../lifecycle/run-logs.js';
import { loadProfile, tiersOf } from '../platform/index.js';
import { namesAccount } from '../shared/account-visitor.js';
import { systemClock } from '../shared/clock.js';
import { wantsPlain } from '../shared/paint.js';
import { forDrawing } from '../shared/printable.js';
import { stateDir } from '../shared/user-folders.js';
import {
  createConsole,
  createRunTerminal,
  hidingConsole,
  type RunTerminal,
} from './console/index.js';
import { detachRun } from './detach-run.js';
import { parseRunOptions, type RawRunOptions, type RunOptions } from './options/index.js';
import { traceCalls } from './otlp/index.js';
import type { RunWorld } from './run-context.js';
import { teeEvents } from './state/index.js';
import { readEnvFiles } from './variables/index.js';
import { teeWords } from './web/index.js';

/**
 * `zerogpu run`: parses what was asked, chooses how to talk, and drives the run.
 *
 * @param version of zerogpu, for the banner
 * @returns the exit code of the process
 * @throws UserError for everything that a user can fix
 */
export async function run(
  dir: string,
  command: readonly string[],
  raw: RawRunOptions,
  world: RunWorld,
  version: string,
): Promise<number> {
  const parsed = parseRunOptions(dir, command, raw, world.cwd);
  const account = namesAccount(raw.as) ? await readAccount(world, parsed.platform) : null;
  const variables = await readEnvFiles(parsed.envFiles, world.cwd, world.interrupted);
  const given = { ...parsed, variables };
  const options = account ? { ...given, account, visitor: account.visitor } : given;
  if (parsed.detach) return detachRun(options, world);
  const published = publish(options, world);
  const terminal = terminalFor(options, world);
  const show = terminal?.write ?? ((line: string) => void world.stderr.write(`${line}\n`));
  const console = createConsole(
    options,
    (line) => {
      published.log?.write(line);
      // Without a terminal behind it, stderr of a detached run is its log.
      if (!published.isDetached) show(line);
    },
    systemClock,
  );
  const events = options.eventsFile
    ? teeEvents(console, resolve(world.cwd, options.eventsFile), systemClock)
    : null;
  const traced = await traceCalls(
    events?.console ?? console,
    await traceTarget(options, world.env, version),
  );
  // Loaded last: an invalid flag is reported within a tenth of a second.
  const { drive } = await import('./drive.js');
  try {
    const words = teeWords(traced.console, secretsOf(world.env));
    const shown = hidingConsole(words.console, createHider(variables));
    return await drive({
      ...{ options, world, version, terminal },
      ...{ console: shown, words, live: published.run },
    });
  } finally {
    await Promise.all([events?.close(), traced.close()]);
    published.log?.close();
    published.run.remove();
  }
}

/** The Space is the service of its spans. */
async function traceTarget(
  { otlpUrl, dir, spaceId }: RunOptions,
  env: RunWorld['env'],
  version: string,
) {
  if (otlpUrl === null) return null;
  const { findSpaceId } = await import('./hub/index.js');
  return { url: otlpUrl, service: findSpaceId(dir, spaceId, env), version };
}

/** Publishes this run, and opens its log. */
function publish(options: RunOptions, { env, cwd }: RunWorld) {
  const state = resolve(cwd, stateDir(options.stateDir, env));
  const given = env[DETACHED_LOG] || null;
  const path = given ?? makeLog(state, options.dir, systemClock.now().wallMs, process.pid);
  const visitor = formatVisitorName(options.visitor);
  return {
    run: publishRun(state, { dir: options.dir, visitor, log: path }),
    log: path === null ? null : openLog(path, secretsOf(env)),
    isDetached: given !== null,
  };
}

/** Loaded on demand: no other run asks the Hub for anything. */
async function readAccount({ env, interrupted }: RunWorld, platform: string) {
  const { readAccountVisitor } = await import('./hub/as-account.js');
  return readAccountVisitor(env, tiersOf(loadProfile(platform)), interrupted);
}

/** Keys are read where a person sits at both ends, and no command wants the keyboard for itself. */
function terminalFor(options: RunOptions, world: RunWorld): RunTerminal | null {
  const { stdin, stdout, stderr, env } = world;
  const seen = stdin.isTTY && stdout.isTTY && stderr.isTTY && !wantsPlain(env);
  if (!seen || options.command.length > 0 || options.logFormat === 'json') return null;
  return createRunTerminal(stdin, forDrawing(stderr), options.ascii);
}
