/** The tables of docs/cli.md and of docs/commands, from the command objects. */
import { PassThrough } from 'node:stream';
import type { Command, Option } from 'commander';
import { EXIT_CODES, OTHER_VARIABLES } from '../../src/cli/help-topics.js';
import { createProgram } from '../../src/cli/program.js';

/** The whole tree, in a world where nothing is set. */
export function programOfDocs(word?: string): Command {
  const nowhere = new PassThrough();
  const world = {
    ...{ env: {}, cwd: '/', stdin: nowhere, stdout: nowhere, stderr: nowhere },
    interrupted: new AbortController().signal,
    onForced() {},
  };
  return createProgram(world, [], () => {}, word);
}

/** The commands that have a page below docs/commands, by name. */
export function documentedCommands(): ReadonlyMap<string, Command> {
  const commands = programOfDocs().commands.filter((command) => command.name() !== 'help');
  return new Map(commands.map((command) => [command.name(), command]));
}

/** docs/cli.md's list of commands. */
export function renderCommandList(): string {
  const rows = [...documentedCommands()].map(([name, command]) => [
    `[\`zerogpu ${name}\`](commands/${name}.md)`,
    cell(command.createHelp().commandDescription(command)),
  ]);
  return table(['command', 'what'], rows);
}

/** Usage and flags of one command and of the commands below it. */
export function renderFlags(command: Command): string {
  return section(command, 'zerogpu', '##');
}

export function renderExitCodes(): string {
  return table(['code', 'meaning'], EXIT_CODES);
}

function section(command: Command, before = 'zerogpu', level = '###'): string {
  const name = `${before} ${command.name()}`;
  const words = command.registeredArguments.map((argument) => {
    const text = `${argument.name()}${argument.variadic ? '…' : ''}`;
    return argument.required ? `<${text}>` : `[${text}]`;
  });
  const helper = command.createHelp();
  const groups = new Map<string, Option[]>();
  for (const option of helper.visibleOptions(command)) {
    const heading = option.helpGroupHeading ?? '';
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  const parts = [
    `${level} \`${[name, ...words].join(' ')}\``,
    helper.commandDescription(command).replaceAll('\n', ' '),
    ...[...groups].flatMap(([heading, options]) => optionTable(heading, options)),
    ...command.commands.map((child) => section(child, name, `${level}#`)),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function optionTable(heading: string, options: readonly Option[]): readonly string[] {
  const own = options.filter(({ long }) => long !== '--help');
  if (own.length === 0) return [];
  const rows = own.map((option) => [
    `\`${option.flags}\``,
    cell(option.description),
    option.defaultValue === undefined ? '' : `\`${String(option.defaultValue)}\``,
    option.envVar ? `\`${option.envVar}\`` : '',
  ]);
  return [table([heading.replace(/:$/, '') || 'flag', 'what', 'default', 'variable'], rows)];
}

/** The variables that are no flag's. */
export function renderVariables(): string {
  const rows = OTHER_VARIABLES.map(([name, meaning]) => [`\`${name}\``, cell(meaning)]);
  return table(['variable', 'what'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `|${cells.map((text) => (text === '' ? ' ' : ` ${text} `)).join('|')}|`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
