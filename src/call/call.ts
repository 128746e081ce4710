/** `zerogpu call`: one call of an endpoint, as a visitor makes it. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { parseVisitorName, visitorNameHelp } from '../allocator/core/visitor.js';
import { chooseRun, noRun, originOf } from '../lifecycle/choose-run.js';
import { findRuns, type LiveRun } from '../lifecycle/live-runs.js';
import { EXIT, UserError } from '../shared/errors.js';
import { interruptible, untilAborted } from '../shared/interruption.js';
import { shellWord } from '../shared/shell-word.js';
import { stateDir } from '../shared/user-folders.js';
import type { World } from '../shared/world.js';
import { argumentsFor, findEndpoint, type NamedWord, parseWord } from './arguments.js';
import { connectToSpace, fileToSend, type SpaceClient } from './gradio.js';
import { listenToCalls } from './records.js';
import { jsonReport, type Report, textReport } from './report.js';
import { startForCall } from './start-for-call.js';
import { endpointLines } from './words.js';

export interface RawCallOptions {
  readonly space: string;
  readonly as?: string;
  readonly file?: readonly string[];
  readonly list?: boolean;
  readonly json?: boolean;
  readonly start: boolean;
  readonly yes?: boolean;
  readonly stateDir?: string;
}

export type CallWorld = Pick<
  World,
  'env' | 'cwd' | 'stdin' | 'stdout' | 'stderr' | 'interrupted' | 'inForeground'
> & {
  /** What has to be installed before the Space of a folder runs, for a question; null for nothing. */
  readonly missing?: (dir: string) => Promise<string | null>;
};

/**
 * Calls an endpoint of the Space that runs in a folder or at an address, or starts that Space first.
 *
 * @param said name of the endpoint; undefined with `--list`
 * @param words `key=value`, or what a program gives
 * @returns the exit code: 0, 1 when the function failed, 4 when it got no GPU
 * @throws UserError for wrong use, and for a Space that does not answer
 */
export async function call(
  said: string | undefined,
  words: readonly (string | NamedWord)[],
  options: RawCallOptions,
  world: CallWorld,
): Promise<number> {
  const named = [
    ...words.map((word) => (typeof word === 'string' ? parseWord(word, false) : word)),
    ...(options.file ?? []).map((word) => parseWord(word, true)),
  ];
  if (said === undefined && !options.list) throw noFunction();
  const command = commandOf(said, named, options);
  const visitor = options.as === undefined ? null : parseVisitor(options.as);
  const state = resolve(world.cwd, stateDir(options.stateDir ?? null, world.env));
  return interruptible(world.interrupted, async () => {
    const { target, stop } = await findTarget(options, command, state, world);
    try {
      const client = randomUUID();
      const space = await connectToSpace(target.url, visitor, client);
      try {
        if (said === undefined || options.list) return list(space, options, world);
        const report = options.json
          ? jsonReport((line) => void world.stdout.write(line))
          : textReport(world.stdout, (line) => void world.stderr.write(line));
        return await callOnce({
          said,
          named,
          space,
          target,
          client,
          state,
          report,
          interrupted: world.interrupted,
        });
      } catch (error) {
        throw withFlags(error, options);
      } finally {
        space.close();
      }
    } finally {
      await stop();
    }
  });
}

/** Where the Space answers; `run` is null for an address that no run of this user has. */
interface Target {
  readonly url: string;
  readonly run: LiveRun | null;
}

async function findTarget(
  options: RawCallOptions,
  command: string,
  state: string,
  world: CallWorld,
): Promise<{ readonly target: Target; readonly stop: () => Promise<void> }> {
  const runs = findRuns(state);
  const run = chooseRun(runs, options.space, world.cwd, command);
  const stop = async () => {};
  if (run?.url) return { target: { url: run.url, run }, stop };
  const origin = originOf(options.space);
  if (origin !== null) return { target: { url: origin, run: null }, stop };
  if (run !== null) throw notReady(run);
  if (!options.start) throw noRun(runs, options.space, command);
  const started = await startForCall(options, command, state, world);
  return { target: { url: started.url, run: started.run }, stop: started.stop };
}

function list(space: SpaceClient, options: RawCallOptions, { stdout }: CallWorld): number {
  if (options.json) {
    stdout.write(`${JSON.stringify({ version: 1, endpoints: space.endpoints })}\n`);
  } else {
    stdout.write(
      endpointLines(space.endpoints)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
  return EXIT.ok;
}

interface OneCall {
  readonly said: string;
  readonly named: readonly NamedWord[];
  readonly space: SpaceClient;
  readonly target: Target;
  readonly client: string;
  readonly state: string;
  readonly report: Report;
  readonly interrupted: AbortSignal;
}

async function callOnce({ said, named, space, target, ...more }: OneCall): Promise<number> {
  const { client, state, report, interrupted } = more;
  const endpoint = findEndpoint(space.endpoints, said);
  const files = new Map<string, File>();
  for (const { text, isFile } of named) if (isFile) files.set(text, await fileToSend(text));
  const values = argumentsFor(endpoint, named, (path) => files.get(path));
  const { run } = target;
  const listener =
    run?.allocatorUrl && run.space
      ? await listenToCalls({
          allocatorUrl: run.allocatorUrl,
          stateDir: state,
          space: run.space,
          client,
        })
      : null;
  try {
    let failure: { readonly title: string | null; readonly text: string } | null = null;
    for await (const news of untilInterrupted(
      space.call(endpoint, values, interrupted),
      interrupted,
    )) {
      if (news.type === 'failed') failure = news;
      else report.news(news);
    }
    await listener?.allReceived();
    const calls = listener?.calls() ?? null;
    const isRefused =
      failure !== null && (calls?.some(({ state: at }) => at === 'refused') ?? false);
    const outcome = failure === null ? 'done' : isRefused ? 'refused' : 'failed';
    report.end({ outcome, failure, calls });
    if (outcome === 'done') return EXIT.ok;
    return outcome === 'refused' ? EXIT.refused : EXIT.failed;
  } finally {
    listener?.close();
  }
}

/** @throws the signal's reason once it is aborted, whatever the call does then */
async function* untilInterrupted<T>(news: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const iterator = news[Symbol.asyncIterator]();
  signal.throwIfAborted();
  for (;;) {
    const next = await untilAborted(signal, iterator.next());
    if (next.done) return;
    yield next.value;
  }
}

function parseVisitor(text: string): string {
  if (parseVisitorName(text)) return text;
  throw new UserError('E_USAGE', `--as is "${text}", which is not a visitor`, {
    why: visitorNameHelp(),
    fix: '--as free',
  });
}

/** What the user typed, up to the name of another run. */
function commandOf(
  said: string | undefined,
  named: readonly NamedWord[],
  { as }: RawCallOptions,
): string {
  const words = named.flatMap(({ key, text, isFile }) => [
    ...(isFile ? ['--file'] : []),
    `${key}=${text}`,
  ]);
  const visitor = as === undefined ? [] : ['--as', as];
  const all = [said ?? '--list', ...words, ...visitor].map(shellWord);
  return ['zerogpu call', ...all, '--space'].join(' ');
}

/** The commands of an error, for the Space and the visitor that were meant. */
function withFlags(error: unknown, { space, as }: RawCallOptions): unknown {
  if (!(error instanceof UserError)) return error;
  const flags = [
    ...(space === '.' ? [] : ['--space', space]),
    ...(as === undefined ? [] : ['--as', as]),
  ].map(shellWord);
  const { code, message, why, fix, exitCode, cause } = error;
  return new UserError(code, message, {
    ...(why === undefined ? {} : { why }),
    fix: fix.map((line) => (line.startsWith('zerogpu call ') ? [line, ...flags].join(' ') : line)),
    ...{ exitCode, cause },
  });
}

function noFunction(): UserError {
  return new UserError('E_USAGE', 'the name of a function is missing', {
    fix: ['zerogpu call --list', 'zerogpu call FUNCTION key=value'],
  });
}

function notReady({ state, dir }: LiveRun): UserError {
  return new UserError('E_CALL_UNREACHABLE', `the run of ${dir} is not ready`, {
    why: `It is ${state}.`,
    fix: [`zerogpu wait ${dir}`, `zerogpu logs ${dir}`],
    exitCode: EXIT.cannot,
  });
}
