/** The commands and flags as completion scripts need them, read from commander's own objects. */
import type { Command, Option } from 'commander';
import { profileNames, TIERS } from '../../platform/index.js';

export interface Flag {
  /** `-y`, without dash; null for none. */
  readonly short: string | null;
  /** `yes`, without dashes. */
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Values to offer; empty for a path or free text. */
  readonly values: readonly string[];
}

export interface CommandNode {
  /** The words before it, itself included, with slashes: `/config/set`; empty for the program. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly children: readonly CommandNode[];
}

/** Values that are the same wherever the flag stands. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  platform: profileNames,
  gpu: ['auto', 'mock', 'nvidia'],
  as: [...TIERS, 'account'],
  ci: ['github', 'none'],
  color: ['auto', 'always', 'never'],
  'log-format': ['text', 'json'],
};

/** The whole tree below a command. */
export function readTree(command: Command, path = ''): CommandNode {
  return {
    path,
    name: command.name(),
    description: command.description(),
    flags: [
      ...command.options.filter(({ hidden }) => !hidden).flatMap(flagOf),
      { short: 'h', long: 'help', description: 'help', takesValue: false, values: [] },
    ],
    children: command.commands.map((child) => readTree(child, `${path}/${child.name()}`)),
  };
}

/** The command and all below it, outermost first. */
export function everyNode(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.children.flatMap(everyNode)];
}

function flagOf({ long, short, description, required, optional }: Option): readonly Flag[] {
  if (!long) return [];
  const name = long.replace(/^--/, '');
  return [
    {
      short: short?.replace(/^-/, '') ?? null,
      long: name,
      description,
      takesValue: required || optional,
      values: VALUES[name] ?? [],
    },
  ];
}

/** `--platform`, and `-y` where there is one. */
export function wordsOf({ long, short }: Flag): readonly string[] {
  return short === null ? [`--${long}`] : [`--${long}`, `-${short}`];
}
