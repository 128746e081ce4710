import { loadProfile, type PlatformProfile, profileNames } from '../../src/platform/index.js';

/** docs/platform-facts.md, made from the profiles: the page can't say what the program doesn't use. */
export function renderPlatformFacts(): string {
  const profiles = profileNames.map(loadProfile);
  return [
    '<!-- Generated from src/platform/profiles/*.json: ZEROGPU_REWRITE=1 npm test -- --project unit docs -->',
    '',
    '# Platform facts',
    '',
    'What `zerogpu` takes for true of each edition of the platform, with the source of each fact. A fact',
    'that is second-hand or a choice of this project is marked unconfirmed.',
    '',
    ...factTable(profiles),
    ...profiles.flatMap(sourceTable),
  ].join('\n');
}

function factTable(profiles: readonly PlatformProfile[]): string[] {
  const row = (name: string, value: (profile: PlatformProfile) => unknown) =>
    `| ${name} | ${profiles.map((profile) => String(value(profile) ?? '–')).join(' | ')} |`;
  const tiers = ['anonymous', 'free', 'pro'] as const;
  return [
    `| fact | ${profiles.map(({ name }) => `\`${name}\``).join(' | ')} |`,
    `|---|${profiles.map(() => '---|').join('')}`,
    row('as of', (profile) => profile.asOf),
    row('GPU', (profile) => profile.gpu.name),
    row('bytes of a large slice', (profile) => profile.sizes.large.vramBytes),
    row('bytes of an xlarge slice', (profile) => profile.sizes.xlarge?.vramBytes),
    row('Gradio', (profile) => `${profile.versions.gradioMinimum} or newer`),
    row('PyTorch', (profile) => profile.versions.torch.join(' ')),
    row('Python', (profile) => profile.versions.python.join(' ')),
    row('default duration, seconds', (profile) => profile.defaultDurationSeconds),
    ...tiers.map((tier) =>
      row(`quota of ${tier}, seconds`, (profile) => profile.tiers[tier].quotaSeconds),
    ),
    ...tiers.map((tier) =>
      row(`longest call of ${tier}, seconds`, (profile) => profile.tiers[tier].longestCallSeconds),
    ),
    ...tiers.map((tier) =>
      row(`runs of ${tier} in a window`, (profile) => profile.tiers[tier].runsPerWindow),
    ),
    row('quota window, seconds', (profile) => profile.quota.windowSeconds),
    row('charged', (profile) => profile.quota.charge),
    row('queue time-out, seconds', (profile) => profile.queue.timeoutSeconds),
    row('grace after a deadline, seconds', (profile) => profile.lease.graceSeconds),
    '',
  ];
}

function sourceTable(profile: PlatformProfile): string[] {
  return [
    `## Sources of \`${profile.name}\``,
    '',
    '| field | source | as of | |',
    '|---|---|---|---|',
    ...profile.sources.map(
      ({ field, source, asOf, confirmed }) =>
        `| \`${field}\` | ${source} | ${asOf} | ${confirmed ? '' : 'unconfirmed'} |`,
    ),
    '',
  ];
}
