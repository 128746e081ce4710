/** Tools that only read: what is wrong with a Space, what a rule means, what runs and what it printed. */
import { relative } from 'node:path';
import * as z from 'zod';
import { check } from '../../check/index.js';
import { explain } from '../../explain/index.js';
import { logs } from '../../lifecycle/logs.js';
import { statusObject } from '../../lifecycle/status.js';
import { wait } from '../../lifecycle/wait.js';
import { profileNames } from '../../platform/index.js';
import { systemClock } from '../../shared/clock.js';
import { agentQuota } from '../../tui/agent.js';
import { collectedWorld } from '../collect.js';
import { filesWithin } from '../root.js';
import { defineTool, runOf, runsIn, type ToolContext, withAllocator } from '../tool.js';
import { folder, run } from './words.js';

const MOST_LINES = 1_000;

export const checkTool = defineTool({
  name: 'check',
  title: 'Check a Space',
  description:
    'Find what breaks on ZeroGPU before a push. Reads the Space and runs nothing of it. A line a finding: FILE:LINE:COLUMN SEVERITY RULE MESSAGE, then the verdict and the exit code (0 clean, 1 findings that fail).',
  changes: false,
  input: z.object({
    space: folder,
    platform: z.enum(profileNames).optional().describe('edition of the platform'),
    strict: z.boolean().optional().describe('warnings fail as errors do'),
    select: z.string().optional().describe('only these rules: ZG201,torch-compile,ZG3'),
    ignore: z.string().optional().describe('not these rules'),
    fixes: z
      .enum(['none', 'safe', 'all'])
      .optional()
      .describe('show, as a unified diff, what the fixes would change; nothing is written'),
  }),
  async call({ space, fixes = 'none', ...flags }, context) {
    const world = checkWorld(context);
    const dir = context.root.pathOf(space);
    const paths = [relativeTo(context, dir)];
    const given = Object.fromEntries(Object.entries(flags).filter(([, one]) => one !== undefined));
    const raw =
      fixes === 'none'
        ? { ...given, format: 'agent', cache: false }
        : { ...given, diff: true, unsafeFixes: fixes === 'all' };
    const exitCode = await check(paths, raw, world, context.version);
    if (fixes === 'none') return world.said();
    return exitCode === 0 ? 'There is nothing to fix.\n' : world.said();
  },
});

function checkWorld(context: ToolContext) {
  const world = collectedWorld(context);
  return { ...world, filesIn: (dir: string) => filesWithin(context.root, dir) };
}

/** The folder as the answer names it: from the root on. `./` where it would be a name on the Hub, or stdin. */
function relativeTo({ root }: ToolContext, dir: string): string {
  const path = relative(root.dir, dir) || '.';
  return /^(?:hf:|-)|huggingface\.co|hf\.co|hf\.space/i.test(path) ? `./${path}` : path;
}

export const explainTool = defineTool({
  name: 'explain',
  title: 'Explain a rule or an error code',
  description:
    'What a rule (ZG201, torch-compile) or an error code (E_PORT_TAKEN) means and what to do about it. Without ids: the list of all.',
  changes: false,
  input: z.object({ ids: z.array(z.string()).max(50).optional() }),
  async call({ ids = [] }, context) {
    const world = collectedWorld(context);
    explain(ids, {}, world);
    return world.said();
  },
});

export const statusTool = defineTool({
  name: 'status',
  title: 'What runs',
  description: 'The runs of Spaces in the root, with their state and address, as JSON.',
  changes: false,
  input: z.object({}),
  async call(_input, context) {
    const nowMs = systemClock.now().wallMs;
    return JSON.stringify(statusObject(runsIn(context), null, nowMs));
  },
});

export const waitTool = defineTool({
  name: 'wait',
  title: 'Wait for a run',
  description: 'Wait until the run of a Space answers; the answer has its address.',
  changes: false,
  input: z.object({
    space: run,
    timeoutSeconds: z.number().min(0.1).max(3_600).optional().describe('120 by default'),
  }),
  async call({ space, timeoutSeconds = 120 }, context) {
    const world = collectedWorld(context);
    const { dir } = runOf(space, context);
    const flags = { timeout: `${timeoutSeconds}s`, stateDir: context.stateDir };
    await wait(dir, flags, world);
    return world.said();
  },
});

export const logsTool = defineTool({
  name: 'logs',
  title: 'What a run has printed',
  description: 'The last lines that a run of a Space has printed, after its end as well.',
  changes: false,
  input: z.object({
    space: folder,
    lines: z.int().min(1).max(MOST_LINES).optional().describe('100 by default'),
    previous: z.int().min(0).max(4).optional().describe('the run so many before the newest'),
  }),
  async call({ space, lines = 100, previous = 0 }, context) {
    const world = collectedWorld(context);
    const flags = { lines: String(lines), previous: String(previous), stateDir: context.stateDir };
    await logs(context.root.pathOf(space), flags, world);
    return world.said();
  },
});

export const quotaTool = defineTool({
  name: 'quota',
  title: 'Quota and queue',
  description:
    'Of a Space that runs: who runs, who waits and why, and what GPU seconds each visitor has left.',
  changes: false,
  input: z.object({ space: run }),
  async call({ space }, context) {
    const found = runOf(space, context);
    return withAllocator(found, context, async (client) => agentQuota(await client.snapshot()));
  },
});
