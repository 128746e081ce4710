/** What one tool of `zerogpu mcp` is, and what it may touch. */
import type * as z from 'zod';
import type { ControlClient } from '../allocator/client/index.js';
import { connect, controlSecret, findServe } from '../allocator/client/index.js';
import { chooseRun, noRun } from '../lifecycle/choose-run.js';
import { findRuns, type LiveRun } from '../lifecycle/live-runs.js';
import { EXIT, UserError } from '../shared/errors.js';
import type { Root } from './root.js';

/** What every call of a tool is given. */
export interface ToolContext {
  readonly root: Root;
  /** Absolute: where runs are looked for. */
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** `--allow-install`: `run` may install what a Space needs. */
  readonly mayInstall: boolean;
  /** Aborted when the client cancels the call, or goes. */
  readonly signal: AbortSignal;
  /** Sent to the client while the call runs, where it has asked for that. */
  readonly progress: (message: string) => void;
  /** The runs that this server has started: they end with it. */
  readonly started: Set<LiveRun>;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** Changes or runs something: needs `--allow-run`. */
  readonly changes: boolean;
  /** @returns what the client reads. @throws UserError for what it can do something about */
  call(input: Readonly<Record<string, unknown>>, context: ToolContext): Promise<string>;
}

interface ToolSpec<Input extends z.ZodObject> extends Omit<Tool, 'input' | 'call'> {
  readonly input: Input;
  call(input: z.output<Input>, context: ToolContext): Promise<string>;
}

/** The input is read through its schema before the tool is called. */
export function defineTool<Input extends z.ZodObject>(spec: ToolSpec<Input>): Tool {
  return { ...spec, call: (input, context) => spec.call(spec.input.parse(input), context) };
}

/** The runs of Spaces in the root; their folders without links. */
export function runsIn({ root, stateDir }: ToolContext): readonly LiveRun[] {
  return findRuns(stateDir).flatMap((run) => {
    try {
      return [{ ...run, dir: root.pathOf(run.dir) }];
    } catch {
      return [];
    }
  });
}

/**
 * The run of a Space in the root.
 *
 * @param said folder, `owner/name` or address
 * @throws UserError E_RUN_NONE, E_RUN_SEVERAL, E_MCP_REFUSED
 */
export function runOf(said: string, context: ToolContext): LiveRun {
  const runs = runsIn(context);
  const { dir } = context.root;
  const run = chooseRun(runs, said, dir, 'zerogpu stop');
  if (run) return run;
  if (!/^https?:/i.test(said)) context.root.pathOf(said);
  throw noRun(runs, said, 'zerogpu status');
}

/** Asks the allocator of a run, and lets go of it. @throws UserError E_ALLOCATOR_GONE */
export async function withAllocator<T>(
  { dir, allocatorUrl }: LiveRun,
  { stateDir }: ToolContext,
  ask: (client: ControlClient) => Promise<T>,
): Promise<T> {
  if (allocatorUrl === null) {
    throw new UserError('E_ALLOCATOR_GONE', `the run of ${dir} has no allocator yet`, {
      why: 'It has not started.',
      fix: `zerogpu wait ${dir}`,
      exitCode: EXIT.cannot,
    });
  }
  const client = connect(allocatorUrl, controlSecret(stateDir));
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

/** @throws UserError E_MCP_REFUSED where other Spaces would be changed with it */
export function assertOwnAllocator(run: LiveRun, what: string, { stateDir }: ToolContext): void {
  const serve = findServe(stateDir);
  if (!serve || serve.url !== run.allocatorUrl) return;
  throw new UserError('E_MCP_REFUSED', `${what} would change every Space of zerogpu serve`, {
    why: `The run of ${run.dir} has joined the allocator of zerogpu serve, which others use too.`,
    fix: `Stop the run, and start it with the tool run and "fresh": true.`,
    exitCode: EXIT.cannot,
  });
}
