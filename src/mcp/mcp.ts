/** `zerogpu mcp`: a server of the Model Context Protocol on stdin and stdout. */
import { resolve } from 'node:path';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { SkillCommand } from '../agents/skill.js';
import type { LiveRun } from '../lifecycle/live-runs.js';
import { secretsOf } from '../lifecycle/redact.js';
import { stopRun } from '../lifecycle/stop-run.js';
import { EXIT } from '../shared/errors.js';
import { forDrawing } from '../shared/printable.js';
import { stateDir } from '../shared/user-folders.js';
import type { World } from '../shared/world.js';
import { resourcesOf } from './resources.js';
import { rootAt } from './root.js';
import { createMcpServer } from './server.js';
import { STOP_WITHIN_MS } from './tools/change.js';
import { TOOLS } from './tools/index.js';

export interface RawMcpOptions {
  readonly root: string;
  readonly allowRun?: boolean;
  readonly allowInstall?: boolean;
  readonly stateDir?: string;
}

export type McpWorld = Pick<World, 'env' | 'cwd' | 'stdin' | 'stdout' | 'stderr' | 'interrupted'>;

/**
 * Serves one client until it closes stdin or the process is interrupted. Runs that it has started end with
 * it.
 *
 * @param commands of the whole program, for the guide
 * @returns the exit code
 * @throws UserError E_USAGE for a root that is not a folder
 */
export async function mcp(
  raw: RawMcpOptions,
  commands: readonly SkillCommand[],
  world: McpWorld,
  version: string,
): Promise<number> {
  const { env, cwd, stdin, stderr, interrupted } = world;
  const started = new Set<LiveRun>();
  const ended = new AbortController();
  const server = createMcpServer({
    tools: TOOLS,
    resources: resourcesOf(commands),
    context: {
      root: rootAt(raw.root, cwd),
      stateDir: resolve(cwd, stateDir(raw.stateDir ?? null, env)),
      ...{ env, version, started, mayInstall: raw.allowInstall ?? false },
    },
    mayRun: raw.allowRun ?? false,
    secrets: secretsOf(env),
    ended: ended.signal,
    onBug(error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      stderr.write(`bug    the MCP server continues\n${stack}\n`);
    },
  });
  // The protocol is bytes between two programs: what is written for people is made printable, it is not.
  const transport = new StdioServerTransport(stdin, forDrawing(world.stdout));
  const isOver = new Promise<void>((done) => {
    server.onclose = done;
    stdin.once('end', done);
    stdin.once('close', done);
    interrupted.addEventListener('abort', () => done(), { once: true });
  });
  try {
    await server.connect(transport);
    await isOver;
    return EXIT.ok;
  } finally {
    ended.abort('the MCP server ends');
    await server.close();
    await Promise.all([...started].map((run) => stopRun(run, STOP_WITHIN_MS)));
  }
}
