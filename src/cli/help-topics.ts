/** What `zerogpu help TOPIC` says: things that belong to no single command. */
import type { Command } from 'commander';
import {
  loadProfile,
  profileNames,
  type TierFacts,
  tierFacts,
  tiersOf,
} from '../platform/index.js';
import { formatBytes } from '../shared/bytes.js';
import { formatSeconds } from '../shared/duration.js';

export interface HelpTopic {
  readonly name: string;
  readonly summary: string;
  /** @param program the whole tree of commands */
  render(program: Command): string;
}

/** Two columns. */
type Row = readonly [name: string, meaning: string];

/** docs/cli.md has the same table. */
export const EXIT_CODES: readonly Row[] = [
  ['0', 'done; a served session that was stopped'],
  ['1', 'findings, or the app failed: it crashed, or never answered'],
  ['2', 'wrong use: a flag, a folder that is not a Space, an unknown platform'],
  ['3', "could not work: port taken, no Python, a package that can't be installed"],
  ['4', '`call`: the visitor was refused, or no GPU was free in time'],
  ['70', 'a bug in zerogpu'],
  [
    '129, 130, 131, 143',
    'interrupted (SIGHUP, SIGINT, SIGQUIT, SIGTERM) before ready, or while the command of `run -- CMD` ran',
  ],
  ["the command's", '`run -- CMD` and `python ARGS`; 128 + n when signal n ended it'],
];

/** Variables without a flag. */
export const OTHER_VARIABLES: readonly Row[] = [
  ['ZEROGPU_DEBUG', '1 adds the stack to an error'],
  ['ZEROGPU_NO_UPDATE_CHECK', '1 never asks npm for a newer version (NO_UPDATE_NOTIFIER too)'],
  ['ZEROGPU_URL, GRADIO_URL', 'set for the command after `--`: where the Space answers'],
  ['VIRTUAL_ENV', 'the Python that is taken when --python names none'],
  ['CUDA_VISIBLE_DEVICES', 'the cards that --gpu nvidia may use'],
  ['NO_COLOR, FORCE_COLOR', 'no colours; colours without a terminal'],
  ['CI, TERM=dumb', 'no prompts, keys, boxes or notices'],
  ['XDG_STATE_HOME', 'ledgers and running allocators: below zerogpu/ (~/.local/state)'],
  ['XDG_CONFIG_HOME', 'your settings: zerogpu/config.json (~/.config)'],
  ['XDG_CACHE_HOME', 'Python environments that run made: below zerogpu/ (~/.cache)'],
];

export const HELP_TOPICS: readonly HelpTopic[] = [
  {
    name: 'environment',
    summary: 'every variable that is read',
    render: (program) =>
      [
        'A flag wins over its variable, the variable over zerogpu.json, that over your settings.',
        'An empty variable says nothing; 0, false, no and off switch a switch off.',
        '',
        ...columns(twinsOf(program)),
        '',
        ...columns(OTHER_VARIABLES),
      ].join('\n'),
  },
  {
    name: 'exit-codes',
    summary: 'what a script may go by',
    render: () => columns(EXIT_CODES).join('\n'),
  },
  {
    name: 'platforms',
    summary: 'what --platform may name, and what is known of it',
    render: () => profileNames.map(describePlatform).join('\n\n'),
  },
];

/** Each variable once, with the commands that have its flag. */
export function twinsOf(program: Command): readonly Row[] {
  const flags = new Map<string, { flag: string; commands: string[] }>();
  for (const command of program.commands) {
    for (const { envVar, long } of command.options) {
      if (!envVar) continue;
      const known = flags.get(envVar) ?? { flag: long ?? '', commands: [] };
      flags.set(envVar, { ...known, commands: [...known.commands, command.name()] });
    }
  }
  return [...flags]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([variable, { flag, commands }]) => [variable, `${flag} of ${commands.join(', ')}`]);
}

function describePlatform(name: string): string {
  const profile = loadProfile(name);
  const { title, asOf, gpu, sizes, versions, quota, credits } = profile;
  const perTier = (seconds: (facts: TierFacts) => number) =>
    tiersOf(profile)
      .map((tier) => `${tier} ${formatSeconds(seconds(tierFacts(profile, tier)))}`)
      .join(', ');
  const large = `${formatBytes(sizes.large.vramBytes)}, ${gpu.slicesPerGpu} a GPU`;
  const xlarge = sizes.xlarge
    ? `; xlarge ${formatBytes(sizes.xlarge.vramBytes)}, ${sizes.xlarge.costFactor} x the quota`
    : '';
  return [
    `${name}   ${title} (as of ${asOf})`,
    ...columns([
      ['slice', `${large}${xlarge}`],
      [
        'quota',
        `${perTier(({ quotaSeconds }) => quotaSeconds)} in ${quota.windowSeconds / 3600} h`,
      ],
      ['longest call', perTier(({ longestCallSeconds }) => longestCallSeconds)],
      ...(credits
        ? [
            [
              'credits',
              `${credits.tiers.join(', ')}: $1 for ${formatSeconds(credits.secondsPerDollar)}`,
            ] as const,
          ]
        : []),
      ['gradio', `${versions.gradioMinimum} or newer`],
      ['torch', versions.torch.join(', ')],
      ['python', versions.python.join(', ')],
    ]),
  ].join('\n');
}

function columns(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}   ${meaning}`);
}
