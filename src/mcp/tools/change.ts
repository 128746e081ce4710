/** Tools that run a Space or change what runs: each needs `--allow-run`. */
import * as z from 'zod';
import { FAULT_KINDS } from '../../allocator/server/faults.js';
import { type CallWorld, call } from '../../call/index.js';
import { chooseRun } from '../../lifecycle/choose-run.js';
import { startDetached } from '../../lifecycle/detach.js';
import { stopRun } from '../../lifecycle/stop-run.js';
import { profileNames } from '../../platform/index.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { collectedWorld } from '../collect.js';
import {
  assertOwnAllocator,
  defineTool,
  runOf,
  runsIn,
  type ToolContext,
  withAllocator,
} from '../tool.js';
import { folder, run } from './words.js';

/** Of what a run has printed, when it did not start. */
const LAST_LINES = 40;
export const STOP_WITHIN_MS = 20_000;

export const runTool = defineTool({
  name: 'run',
  title: 'Run a Space',
  description:
    'Start a Space on this machine under the emulated ZeroGPU, and wait until it answers. It runs the code of the Space. It is stopped by the tool stop, or when this server ends.',
  changes: true,
  input: z.object({
    space: folder,
    as: z
      .string()
      .max(200)
      .optional()
      .describe('who visits: anonymous (default), free, pro, team, enterprise, free:ada'),
    platform: z.enum(profileNames).optional().describe('edition of the platform'),
    fault: z.string().max(1_000).optional().describe('refusals on demand, e.g. quota@3'),
    fresh: z.boolean().optional().describe('full quotas, kept in memory'),
  }),
  async call({ space, ...flags }, context) {
    const { root, stateDir, env, mayInstall, signal, progress, started } = context;
    const dir = root.pathOf(space);
    const running = chooseRun(runsIn(context), dir, root.dir, 'zerogpu stop');
    if (running) return startedText(running.url, running.pid, 'The Space runs already.');
    const printed: string[] = [];
    const { run: found, exitCode } = await startDetached({
      program: process.argv[1] ?? '',
      args: ['run', dir, ...runFlags(flags, stateDir, mayInstall)],
      ...{ dir, stateDir, env, cwd: root.dir, interrupted: signal },
      onText(text) {
        printed.push(text);
        for (const line of text.split('\n').filter(Boolean)) progress(line);
      },
    });
    if (found === null) throw notStarted(space, printed.join(''), exitCode);
    started.add(found);
    return startedText(found.url, found.pid, 'The Space answers.');
  },
});

interface RunFlags {
  readonly as?: string | undefined;
  readonly platform?: string | undefined;
  readonly fault?: string | undefined;
  readonly fresh?: boolean | undefined;
}

/** In one word each: what a client says is the value of a flag, and never a flag. */
function runFlags(flags: RunFlags, stateDir: string, mayInstall: boolean): readonly string[] {
  const said = (['as', 'platform', 'fault'] as const).flatMap((name) =>
    flags[name] === undefined ? [] : [`--${name}=${flags[name]}`],
  );
  return [
    // Not what the user's settings say: they may open a Space to the network, and mean their own runs.
    ...['--port=0', '--host=127.0.0.1', '--log-format=text', `--state-dir=${stateDir}`],
    mayInstall ? '--yes' : '--no-install',
    ...(flags.fresh ? ['--fresh'] : []),
    ...said,
  ];
}

function startedText(url: string | null, pid: number, what: string): string {
  return `${what}\nurl ${url ?? 'none yet'}\npid ${pid}\nnext: the tool call, without a function, lists its endpoints\n`;
}

function notStarted(space: string, printed: string, exitCode: number): UserError {
  const lines = printed.trimEnd().split('\n').slice(-LAST_LINES);
  const needsInstall = /--no-install|E_PYTHON_ENV|is not installed/.test(printed);
  return new UserError('E_RUN_ENDED', `the Space ${space} did not start`, {
    why: lines.join('\n'),
    fix: needsInstall
      ? 'zerogpu mcp --allow-run --allow-install   (installs what the Space needs)'
      : `zerogpu logs ${space}`,
    exitCode: exitCode || EXIT.failed,
  });
}

export const callTool = defineTool({
  name: 'call',
  title: 'Call a function of a Space that runs',
  description:
    'Call an endpoint as a visitor does. The answer is JSON: outcome (done, failed, refused), outputs, told (what the visitor reads) and calls (GPU seconds asked, used, charged and left). Without a function: the endpoints and their parameters.',
  changes: true,
  input: z.object({
    space: run,
    function: z.string().max(500).optional().describe('name of the endpoint'),
    arguments: z.record(z.string(), z.unknown()).optional().describe('by parameter name'),
    files: z
      .record(z.string(), z.string())
      .optional()
      .describe('files for parameters: paths relative to the root'),
    as: z.string().max(200).optional().describe('who calls: anonymous, free, pro:ada, …'),
  }),
  async call({ space, function: name, as, ...given }, context) {
    const found = runOf(space, context);
    const values = Object.entries(given.arguments ?? {}).map(([key, value]) => ({
      ...{ key, text: '', isFile: false, value: value ?? null },
    }));
    const files = Object.entries(given.files ?? {}).map(([key, path]) => ({
      ...{ key, text: context.root.pathOf(path), isFile: true },
    }));
    const world: CallWorld & { said(): string } = collectedWorld(context, reportNews(context));
    await call(
      name,
      [...values, ...files],
      {
        ...{ space: found.url ?? found.dir, json: true, start: false, list: name === undefined },
        ...(as === undefined ? {} : { as }),
        stateDir: context.stateDir,
      },
      world,
    );
    // The events before are progress; the last line is the answer.
    return world.said().trimEnd().split('\n').at(-1) ?? '';
  },
});

/** What the Space says while it works: each line of `call --json` but the last. */
function reportNews({ progress }: ToolContext): (line: string) => void {
  return (line) => {
    const { event, title, text, outputs } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (event === 'notice' || event === 'progress') {
      progress([title, text].filter(Boolean).join(': '));
    } else if (event === 'outputs') {
      progress(JSON.stringify(outputs).slice(0, 200));
    }
  };
}

export const stopTool = defineTool({
  name: 'stop',
  title: 'Stop a run',
  description: 'Stop the run of a Space: calls are ended and charged, quotas are kept.',
  changes: true,
  input: z.object({ space: run }),
  async call({ space }, context) {
    const found = runOf(space, context);
    const outcome = await stopRun(found, STOP_WITHIN_MS);
    for (const one of context.started) if (one.pid === found.pid) context.started.delete(one);
    if (outcome !== 'still-there') return `stopped ${found.dir} (pid ${found.pid})\n`;
    throw new UserError('E_RUN_STUCK', `still there after two signals: pid ${found.pid}`, {
      fix: `kill -KILL ${found.pid}`,
      exitCode: EXIT.cannot,
    });
  },
});

export const advanceTool = defineTool({
  name: 'advance_time',
  title: 'Move quota time on',
  description:
    'Move the quota time of a run on, e.g. by 86400 seconds, after which every quota is full again. Calls that run do not notice.',
  changes: true,
  input: z.object({
    space: run,
    seconds: z
      .number()
      .min(1)
      .max(366 * 86_400),
  }),
  async call({ space, seconds }, context) {
    const found = runOf(space, context);
    assertOwnAllocator(found, 'another time', context);
    await withAllocator(found, context, (client) => client.advance(seconds));
    return `quota time is ${seconds} s further on\n`;
  },
});

export const faultTool = defineTool({
  name: 'fault',
  title: 'Refusals and failures on demand',
  description: `Give the calls of a run the platform's refusals, in place of those of before. KIND, KIND=SECONDS, KIND@3 (the third call from now), KIND@10% (a share); several with commas; "none" ends them. Kinds: ${Object.keys(
    FAULT_KINDS,
  ).join(', ')}. token-error and startup-404 are for the tool run alone.`,
  changes: true,
  input: z.object({ space: run, fault: z.string().min(1).max(1_000) }),
  async call({ space, fault }, context) {
    const found = runOf(space, context);
    assertOwnAllocator(found, 'a fault', context);
    const spec = fault.trim() === 'none' ? '' : fault;
    await withAllocator(found, context, (client) => client.setFaults(spec));
    return spec === '' ? 'no call meets a fault\n' : `calls from now on meet ${spec}\n`;
  },
});
