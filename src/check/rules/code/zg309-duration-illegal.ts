import { TIER_TITLES, tierFacts, tiersOf } from '../../../platform/index.js';
import { defineRule } from '../../rule.js';
import { askedSeconds, fixedDurations } from './durations.js';
import { at } from './facts.js';

type Data = {
  readonly function: string;
  readonly asked: number;
  readonly most: number;
  readonly refused: readonly string[];
};

const DAY = 86_400;

export const durationIllegal = defineRule<Data>({
  id: 'ZG309',
  name: 'duration-illegal',
  severity: 'error',
  summary: 'more GPU seconds are declared than visitors have',
  docs: {
    why: `What is declared is compared with what the visitor may ask for, before the function runs. Above what any tier has,
every call is refused: "The requested GPU duration is larger than the maximum allowed". Above a tier's whole quota of
a day, its visitors are refused always, however little the function would use.`,
    instead:
      "Declare what the function needs. A function of the call's arguments can declare less for small work.",
    notFound: 'Durations that depend on arguments or on the environment.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU(duration=3600)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU(duration=60)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'As long as this call needs',
        language: 'python',
        code: 'def seconds(prompt, steps):\n    return 10 + 2 * steps\n\n@spaces.GPU(duration=seconds)\ndef generate(prompt, steps): …',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/client.py: schedule; the quotas are those of the profile.',
  },
  *check(context) {
    const { profile } = context;
    const tiers = tiersOf(profile).map((tier) => ({ ...tierFacts(profile, tier), tier }));
    const most = Math.max(...tiers.map(({ longestCallSeconds }) => longestCallSeconds));
    for (const { gpu, seconds, node, file } of fixedDurations(context)) {
      if (seconds <= 0 || seconds >= DAY) continue;
      const asked = askedSeconds({ gpu, profile }, seconds);
      const refused = tiers
        .filter(
          ({ quotaSeconds, longestCallSeconds }) =>
            asked > Math.min(quotaSeconds, longestCallSeconds),
        )
        .map(({ tier, quotaSeconds }) => `${TIER_TITLES[tier]} (${quotaSeconds} s a day)`);
      if (refused.length === 0) continue;
      // A call at start-up carries no visitor, and has a limit of its own.
      const isOwners = gpu.function !== null && context.python.onlyAtStart.has(gpu.function);
      if (isOwners && seconds <= profile.startup.longestCallSeconds) continue;
      const severity = asked > most ? 'error' : 'warning';
      yield at(file, node, { function: gpu.name, asked, most, refused }, { severity });
    }
  },
  words({ function: name, asked, most, refused }) {
    const isAll = asked > most;
    return {
      message: isAll
        ? `\`${name}\` asks for ${asked} s, and the longest that any tier may ask for is ${most} s`
        : `\`${name}\` asks for ${asked} s: ${refused.join(' and ')} cannot call it at all`,
      help: isAll
        ? `duration=${most} or less`
        : 'declare less, or let a function of the arguments declare it',
    };
  },
});
