import { defineRule } from '../../rule.js';
import { at } from './facts.js';

type Data = {
  readonly function: string;
  /** Other GPU functions that declare nothing either. */
  readonly others: readonly string[];
  readonly seconds: number;
  readonly quota: number;
  readonly calls: number;
};

export const durationDefault = defineRule<Data>({
  id: 'ZG401',
  name: 'duration-default',
  severity: 'advice',
  summary: 'a GPU function leaves its duration to the default',
  docs: {
    why: 'What is declared is reserved before the call, whatever it uses: with the default a visitor is refused while there is enough left for the work, and stands lower in the queue.',
    instead: 'Measure with `zerogpu run`, and declare a little more than the longest call takes.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU(duration=20)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces ZeroGPU" (2025-10); spaces 0.51.3, client.py: DEFAULT_SCHEDULE_DURATION.',
  },
  *check({ python, profile }) {
    const seconds = profile.defaultDurationSeconds;
    const { quotaSeconds } = profile.tiers.anonymous;
    const found = python.gpuFunctions.filter(
      ({ duration, isReachable, function: fn }) =>
        duration.kind === 'default' && isReachable && (fn === null || !python.onlyAtStart.has(fn)),
    );
    const [first, ...others] = found;
    if (!first) return;
    const asked = Math.round(seconds * profile.gpu.durationFactor);
    const calls = Math.floor(quotaSeconds / asked);
    const names = others.map(({ name }) => name);
    const data = {
      function: first.name,
      others: names,
      seconds: asked,
      quota: quotaSeconds,
      calls,
    };
    yield at(first.file, first.maker, data);
  },
  words({ function: name, others, seconds, quota, calls }) {
    const more =
      others.length === 0
        ? ''
        : ` and ${others.length} other GPU function${others.length === 1 ? '' : 's'}`;
    return {
      message: `\`${name}\`${more} ${more === '' ? 'asks' : 'ask'} for ${seconds} s by default`,
      note: `an anonymous visitor (${quota} s a day) gets at least ${calls} call${calls === 1 ? '' : 's'}; a shorter declaration also ranks higher in the queue`,
      help: 'measure with `zerogpu run`, then @spaces.GPU(duration=…)',
    };
  },
});
