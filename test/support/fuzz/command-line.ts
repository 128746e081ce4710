/** Command lines made of the real command tree, with senseless values. */
import type { Command, Option } from 'commander';
import fc from 'fast-check';
import { hostileText } from './index.js';

/** Values that get further than any parser, by what an option or argument is called. */
const LIKELY: Readonly<Record<string, readonly string[]>> = {
  platform: ['h200', 'rtx-pro-6000', 'h100'],
  gpu: ['auto', 'mock', 'nvidia'],
  gpus: ['1', '2', '64', '65'],
  slices: ['1', '16', '17'],
  vram: ['2GB', '1e3GB', '-1GB', '0'],
  duration: ['90s', '1h', '0s', '1e9h'],
  speed: ['1', '60', '0.5', '1e12'],
  fault: ['no-gpu', 'quota@3', 'kill=2s@10%', 'no-gpu@0', 'kill=@', '@', 'quota@-1'],
  seed: ['1', '-1', '9007199254740993'],
  as: ['free:ada', 'pro', 'account', 'pro:', 'free:a b'],
  host: ['127.0.0.1', '::1', 'localhost', '256.1.1.1'],
  port: ['0', '65535', '65536', '-1', '1e3'],
  'max-download': ['500MB', '0', '-1'],
  'start-timeout': ['10m', '0', '1e99d'],
  for: ['1s', '0s', '1e400s'],
  'log-format': ['text', 'json'],
  owner: ['ada', 'free:ada', 'org:acme', 'personal', 'org', ':'],
  'space-id': ['me/hello', 'me/', '/x', 'a/b/c'],
  concurrency: ['1', '0', '1000000'],
  hosted: ['0', '10', '-1'],
  select: ['ZG201', 'torch-compile,ZG3', ',', 'ZG'],
  ignore: ['ZG1', 'nothing'],
  'max-warnings': ['0', '-1', 'x'],
  format: ['text', 'compact', 'json', 'github', 'sarif', 'junit', 'xml'],
  output: ['report', '', 'no/such/folder/report', 'space'],
  events: ['events', 'no/such/folder/events', 'space'],
  color: ['auto', 'always', 'never', 'sometimes'],
  watch: ['1', '0', '-1', '1s'],
  rate: ['1s', '0', '1e9h'],
  template: ['chat', 'nothing', '../chat'],
  from: ['hf:me/hello', 'hf:', 'hf:a/b/c', 'hf:me/hello@', 'me/hello'],
  name: ['A Space', ''],
  gradio: ['6.31.0', '4.44.1', '0', '>=4'],
  torch: ['2.8.0', '99'],
  license: ['mit', 'none', 'x\ny'],
  ci: ['github', 'none', 'travis'],
  space: ['space', 'nothing'],
  visitor: ['free:ada', 'nobody'],
  'state-dir': ['state', 'space/app.py', 'state/deeper'],
  python: ['python3', 'no/such/python', 'space'],
  shell: ['bash', 'zsh', 'fish', 'cmd'],
  key: ['run.gpus', 'run.as', 'check.select', 'platform', 'account', 'run', 'run.', '.', '$schema'],
  value: ['2', 'true', 'free', '-1', 'h200'],
  ids: ['ZG201', 'torch-compile', 'E_PORT_TAKEN', 'ZG9999'],
  topic: ['run', 'exit-codes', 'nothing'],
  file: ['quotas.json', '-', 'space', 'no/such/folder/file', 'space/app.py'],
  paths: ['space', '.', 'nothing', 'space/app.py', 'hf:me/hello'],
  // No Space that could start: a run of these ends before Python.
  dir: ['.', 'nothing', 'half', 'hf:me/hello', 'hf:'],
};

/** Nothing that could name a file outside of the case's own folder. */
const harmless = hostileText.map((text) => text.replace(/[/\\~]/g, '_'));

function textsOf(name: string): fc.Arbitrary<string> {
  const likely = LIKELY[name];
  if (!likely) return harmless;
  return fc.oneof({ arbitrary: fc.constantFrom(...likely), weight: 4 }, harmless);
}

function optionWords(option: Option): fc.Arbitrary<readonly string[]> {
  const flag = option.long ?? option.short ?? '';
  if (!option.required && !option.optional) return fc.constant([flag]);
  const value = textsOf(option.name());
  return fc.oneof(
    { arbitrary: value.map((text) => [flag, text]), weight: 5 },
    { arbitrary: value.map((text) => [`${flag}=${text}`]), weight: 4 },
    fc.constant([flag]),
  );
}

interface Leaf {
  readonly words: readonly string[];
  readonly command: Command;
}

function leavesOf(command: Command, words: readonly string[]): readonly Leaf[] {
  if (command.commands.length === 0) return [{ words, command }];
  const below = command.commands.map((child) => leavesOf(child, [...words, child.name()]));
  return [{ words, command }, ...below.flat()];
}

/** @param program the root of the tree */
export function commandLines(program: Command): fc.Arbitrary<readonly string[]> {
  const ofLeaf = ({ words, command }: Leaf): fc.Arbitrary<readonly string[]> => {
    const own = [...command.options].map(optionWords);
    const named = command.registeredArguments.map((argument) => textsOf(argument.name()));
    const argument = named.length > 0 ? fc.oneof(...named) : harmless;
    const inOrder = fc.tuple(...named).map((texts) => [texts]);
    const options =
      own.length === 0
        ? fc.constant<(readonly string[])[]>([])
        : fc.array(fc.oneof(...own), { maxLength: 4 });
    return fc
      .tuple(
        options,
        fc.oneof(
          { arbitrary: inOrder, weight: 3 },
          fc.array(fc.array(argument, { maxLength: 3 }), { maxLength: 1 }),
        ),
        fc.oneof(
          { arbitrary: fc.constant([]), weight: 9 },
          fc.constant(['--', 'true']),
          fc.constant(['--']),
        ),
      )
      .map(([flags, given, after]) => [...words, ...flags.flat(), ...given.flat(), ...after]);
  };
  const right = fc.constantFrom(...leavesOf(program, [])).chain(ofLeaf);
  const flags = leavesOf(program, []).flatMap(({ command }) =>
    command.options.map(({ long }) => long ?? ''),
  );
  const anything = fc.array(
    fc.oneof(harmless, fc.constantFrom(...flags, 'run', 'check', 'help', '-', '--')),
    {
      maxLength: 6,
    },
  );
  return fc.oneof({ arbitrary: right, weight: 9 }, anything);
}
