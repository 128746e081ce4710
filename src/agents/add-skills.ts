/** `zerogpu skills add`: a skill file where a coding agent finds it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DEFAULT_PROFILE } from '../platform/index.js';
import { EXIT, UserError } from '../shared/errors.js';
import type { World } from '../shared/world.js';
import { SKILL_MARK, type SkillCommand, skillText } from './skill.js';

/** Where agents look for skills: Claude Code in .claude, Codex and others in .agents. */
const FOLDERS = { claude: '.claude/skills', codex: '.agents/skills' } as const;

export interface RawSkillsOptions {
  readonly claude?: boolean;
  readonly codex?: boolean;
  readonly all?: boolean;
  readonly global?: boolean;
  readonly force?: boolean;
}

export type SkillsWorld = Pick<World, 'cwd' | 'env' | 'stdout'>;

/**
 * Writes the skill file and prints its path, one a line.
 *
 * @param commands of the whole program
 * @returns the exit code
 * @throws UserError E_USAGE when no agent is named, E_INIT_EXISTS for a file of somebody else's, E_INIT_WRITE
 */
export async function addSkills(
  options: RawSkillsOptions,
  commands: readonly SkillCommand[],
  { cwd, env, stdout }: SkillsWorld,
): Promise<number> {
  const agents = (['claude', 'codex'] as const).filter((one) => options.all || options[one]);
  if (agents.length === 0) {
    throw new UserError('E_USAGE', 'no agent is named', {
      why: 'Each agent looks for skills in a folder of its own.',
      fix: 'zerogpu skills add --all',
    });
  }
  const root = options.global ? (env['HOME'] ?? homedir()) : cwd;
  const files = agents.map((one) => join(root, FOLDERS[one], 'zerogpu/SKILL.md'));
  if (!options.force) for (const file of files) await assertOurs(file);
  for (const file of files) await write(file, skillText(commands, DEFAULT_PROFILE));
  stdout.write(files.map((file) => `${file}\n`).join(''));
  return EXIT.ok;
}

async function assertOurs(file: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch(() => null);
  if (before === null || before.includes(SKILL_MARK)) return;
  throw new UserError('E_INIT_EXISTS', `${file} is there, and zerogpu did not write it`, {
    why: 'It would be replaced.',
    fix: 'zerogpu skills add --force',
    exitCode: EXIT.cannot,
  });
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new UserError('E_INIT_WRITE', `${file} can't be written`, {
      why: error instanceof Error ? error.message : String(error),
      fix: 'zerogpu skills add --all   (in a folder that you may write to)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}
