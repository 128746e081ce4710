import { type Command, Option } from 'commander';
import type { RawSkillsOptions } from '../../agents/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins } from '../env-twins.js';

const EXAMPLES = `
Examples
  zerogpu skills add --all             for every agent that works in this folder
  zerogpu skills add --claude --global for Claude Code, in every folder`;

/** Declares `zerogpu skills`; the work is done in src/agents. */
export function declareSkills(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const skills = program
    .command('skills')
    .description('Tell coding agents how to use zerogpu.')
    .addHelpText('after', EXAMPLES);
  skills.copyInheritedSettings(program);
  const add = skills
    .command('add')
    .description('Write a skill file where an agent finds it.')
    .addOption(new Option('--claude', 'for Claude Code: .claude/skills'))
    .addOption(new Option('--codex', 'for Codex and others: .agents/skills'))
    .addOption(new Option('--all', 'for all of them'))
    .addOption(new Option('--global', 'in your home folder, not in this one'))
    .addOption(new Option('--force', 'replace a file that zerogpu did not write'))
    .action(async (options: RawSkillsOptions) => {
      const { addSkills } = await import('../../agents/index.js');
      const commands = program.commands
        .filter((command) => command.name() !== 'help')
        .map((command) => ({ name: command.name(), description: command.description() }));
      setExitCode(await addSkills(options, commands, world));
    });
  readEnvironmentTwins(add, world.env);
  add.copyInheritedSettings(program);
}
