import { type Command, Option } from 'commander';
import type { RawMcpOptions } from '../../mcp/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';
import { VERSION } from '../version.js';

const EXAMPLES = `
Examples
  zerogpu mcp                        for one folder; a client only reads
  zerogpu mcp --root spaces --allow-run
  claude mcp add zerogpu -- npx -y zerogpu mcp --allow-run

A coding agent starts it: docs/mcp.md has the lines. Without --allow-run nothing runs and nothing changes.`;

/** Declares `zerogpu mcp`; the work is done in src/mcp. */
export function declareMcp(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('mcp')
    .description('Serve a coding agent: check, explain, run and call as tools of the MCP.')
    .addOption(
      mcpTwin('--root <dir>', 'the only folder that a client may name things in').default('.'),
    )
    .addOption(mcpTwin('--allow-run', 'a client may run Spaces, which runs their code'))
    .addOption(mcpTwin('--allow-install', 'and install what a Space needs'))
    .addOption(twin('--state-dir <dir>', 'where runs are looked for (~/.local/state/zerogpu)'))
    .addHelpText('after', EXAMPLES)
    .action(async (raw: RawMcpOptions) => {
      const { mcp } = await import('../../mcp/index.js');
      const commands = program.commands
        .filter((one) => one.name() !== 'help')
        .map((one) => ({ name: one.name(), description: one.description() }));
      setExitCode(await mcp(raw, commands, world, VERSION));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}

/** `--root` of this command is ZEROGPU_MCP_ROOT. */
function mcpTwin(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.env(`ZEROGPU_MCP_${option.name().replaceAll('-', '_').toUpperCase()}`);
}
