/** Starts the console of a run, beside its gateway. */
import { isAbsolute, relative, resolve } from 'node:path';
import { systemClock } from '../../shared/clock.js';
import { printable } from '../../shared/printable.js';
import { shellWord } from '../../shared/shell-word.js';
import { stateDir } from '../../shared/user-folders.js';
import type { RunConsole } from '../console/index.js';
import type { RunContext, RunParts } from '../run-context.js';
import type { Cleanup } from '../state/index.js';
import type { ConsoleParts, OpenConsole } from './open-console.js';

/** A run without its console is better than none; the run of a command (`run -- CMD`) has none. */
export async function startConsole(
  { options, console, words, world, version, cleanup, terminal }: RunContext,
  { allocator, gateway, spaceId }: RunParts,
): Promise<OpenConsole | null> {
  if (options.command.length > 0) return null;
  try {
    // Loaded on demand: the Space need not wait for it.
    const { openWebConsole } = await import('./open-console.js');
    const opened = await openWebConsole({
      ...{ kind: 'run', version, where: allocator.where, profile: allocator.rules.profile },
      stateDir: resolve(world.cwd, stateDir(options.stateDir, world.env)),
      defaultVisitor: options.visitor,
      space: { name: spaceId, url: gateway.url },
    });
    cleanup.add('the console', opened.close);
    words.attach(opened.web);
    const how = terminal ? 'press w' : consoleCommand(options.dir, world.cwd);
    console.progress(`Console   ${opened.web.url.padEnd(30)}${how}`);
    return opened;
  } catch (error) {
    console.warn(`no console: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

/**
 * The command that opens the console of the run of `dir`, as typed in `cwd`. Pure.
 *
 * @param dir absolute
 */
export function consoleCommand(dir: string, cwd: string): string {
  const below = relative(cwd, dir);
  if (below === '') return 'zerogpu console --open';
  const named = below.startsWith('..') || isAbsolute(below) ? dir : below;
  return `zerogpu console ${shellWord(named)} --open`;
}

/**
 * Starts the console of `serve`, for all its Spaces.
 *
 * @returns takes what their visitors read; null without a console
 */
export async function startServeConsole(
  facts: Pick<ConsoleParts, 'profile' | 'stateDir' | 'version'> & { readonly where: () => string },
  console: RunConsole,
  cleanup: Cleanup,
): Promise<((message: string, visitor: string) => void) | null> {
  try {
    const [{ openWebConsole }, { followSpaceLogs }] = await Promise.all([
      import('./open-console.js'),
      import('./space-logs.js'),
    ]);
    const defaultVisitor = { tier: 'anonymous', name: null } as const;
    const logs = followSpaceLogs({
      ...{ stateDir: facts.stateDir, clock: systemClock, allocatorUrl: facts.where },
      line: (text, from, atMs) => opened.web.line(text, from, atMs),
    });
    const opened = await openWebConsole({
      ...{ ...facts, kind: 'serve', defaultVisitor, space: null },
      onWatched: logs.watched,
    });
    cleanup.add('the console', opened.close);
    cleanup.add('the logs of Spaces', logs.close);
    console.progress(`console ${opened.web.url}   zerogpu console --serve --open`);
    return (message, visitor) => opened.web.told(printable(message), visitor);
  } catch (error) {
    console.warn(`no console: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}
