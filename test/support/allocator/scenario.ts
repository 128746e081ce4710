/**
 * Scenario files: what an operator would type and see, one command a line, its effects below.
 *
 *   # Comments and empty lines are kept.
 *   schedule space=a task=1 user=free duration=60
 *     12.0s grant r1 slice 0 cold
 *
 * Commands start at the margin, effects are indented by two spaces. With ZEROGPU_REWRITE=1 the test
 * writes the effects that really come instead of comparing them; the diff is then the review.
 */
import type { Effect } from '../../../src/allocator/core/types.js';
import { describeEffect } from './scenario-print.js';
import { type ScenarioContext, VERBS } from './scenario-verbs.js';

interface Command {
  readonly line: string;
  readonly expected: string[];
}

/** @returns the file as it should be: the same commands, with the effects that really come */
export function playScenario(text: string): string {
  const context: ScenarioContext = { world: null };
  const out: string[] = [];
  for (const command of readCommands(text)) {
    out.push(command.line);
    if (isCommand(command.line)) {
      out.push(...playLine(context, command.line).map((line) => `  ${line}`));
    }
  }
  return `${out.join('\n').trimEnd()}\n`;
}

function playLine(context: ScenarioContext, line: string): readonly string[] {
  const [verb = '', ...words] = line.split(/\s+/);
  const handler = VERBS[verb];
  if (!handler) {
    throw new Error(`"${verb}" is no verb; expected one of ${Object.keys(VERBS).join(', ')}`);
  }
  const args = new Map<string, string>();
  for (const word of words) {
    const [name = '', value = 'yes'] = word.split('=', 2);
    args.set(name, value);
  }
  const before = context.world?.effects.length ?? 0;
  const shown = handler(context, args);
  const effects: readonly Effect[] = context.world?.effects.slice(before) ?? [];
  const lines = effects.map((effect) => describeEffect(effect));
  return [...lines, ...shown];
}

function readCommands(text: string): Command[] {
  const commands: Command[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) commands.at(-1)?.expected.push(line.trim());
    else commands.push({ line, expected: [] });
  }
  return commands;
}

function isCommand(line: string): boolean {
  return line !== '' && !line.startsWith('#');
}
