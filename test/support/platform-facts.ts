import {
  loadProfile,
  type PlatformProfile,
  profileNames,
  TIERS,
} from '../../src/platform/index.js';

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
    row('bytes of the card, as reported', (profile) => profile.gpu.memoryBytes),
    row('default duration, seconds', (profile) => profile.defaultDurationSeconds),
    ...TIERS.map((tier) =>
      row(`quota of ${tier}, seconds`, (profile) => profile.tiers[tier]?.quotaSeconds),
    ),
    ...TIERS.map((tier) =>
      row(`longest call of ${tier}, seconds`, (profile) => profile.tiers[tier]?.longestCallSeconds),
    ),
    ...TIERS.map((tier) =>
      row(`runs of ${tier} in a window`, (profile) => profile.tiers[tier]?.runsPerWindow),
    ),
    row('prepaid credits', (profile) => profile.credits?.tiers.join(', ')),
    row('seconds for a dollar', (profile) => profile.credits?.secondsPerDollar),
    row('duration factor of large', (profile) => profile.gpu.durationFactor),
    row('xlarge by default above packed bytes', (profile) => profile.packing.xlargeAboveBytes),
    row('longest call at start-up, seconds', (profile) => profile.startup.longestCallSeconds),
    row('Spaces of a free account', (profile) => profile.hosting.freeSpaces),
    row('Spaces of a PRO account', (profile) => profile.hosting.proSpaces),
    row('Spaces of an organisation', (profile) => profile.hosting.organizationSpaces),
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
