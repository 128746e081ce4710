import { callsInWindow, quotaSecondsFor } from '../../../platform/index.js';
import type { GpuFunction } from '../../../space/python/index.js';
import { defineRule, type Fix, type RuleContext } from '../../rule.js';
import { at } from './facts.js';
import { declareSeconds, suggestedSeconds } from './measured.js';

type Data = {
  readonly function: string;
  /** Other GPU functions that declare nothing either. */
  readonly others: readonly string[];
  readonly seconds: number;
  readonly quota: number;
  readonly calls: number;
  /** What a run on a real GPU suggests for the first; null where none measured it. */
  readonly suggested: number | null;
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
      'Hugging Face documentation, page "Spaces ZeroGPU" (2025-11-05); spaces 0.51.3, client.py: DEFAULT_SCHEDULE_DURATION.',
  },
  *check(context) {
    const { python, profile } = context;
    const seconds = profile.defaultDurationSeconds;
    const { quotaSeconds } = profile.tiers.anonymous;
    const found = python.gpuFunctions.filter(
      ({ duration, isReachable, function: fn }) =>
        duration.kind === 'default' && isReachable && (fn === null || !python.onlyAtStart.has(fn)),
    );
    const [first, ...others] = found;
    if (!first) return;
    const asked = quotaSecondsFor(profile, 'large', seconds);
    const calls = callsInWindow(profile.tiers.anonymous, asked);
    const names = others.map(({ name }) => name);
    const data = {
      function: first.name,
      others: names,
      seconds: asked,
      quota: quotaSeconds,
      calls,
      suggested: suggestedSeconds(context, first),
    };
    const fix = measuredFix(context, found);
    yield at(first.file, first.maker, data, fix ? { fix } : {});
  },
  words({ function: name, others, seconds, quota, calls, suggested }) {
    const more =
      others.length === 0
        ? ''
        : ` and ${others.length} other GPU function${others.length === 1 ? '' : 's'}`;
    return {
      message: `\`${name}\`${more} ${more === '' ? 'asks' : 'ask'} for ${seconds} s by default`,
      note: `an anonymous visitor (${quota} s a day) gets at least ${calls} call${calls === 1 ? '' : 's'}; a shorter declaration also ranks higher in the queue`,
      help:
        suggested === null
          ? 'measure with `zerogpu run`, then @spaces.GPU(duration=…)'
          : `@spaces.GPU(duration=${suggested})   (measured on a real GPU)`,
    };
  },
});

/** Declares what was measured, for each of the functions that a run has called. */
function measuredFix(context: RuleContext, found: readonly GpuFunction[]): Fix | undefined {
  const edits = found.flatMap((fn) => {
    const seconds = suggestedSeconds(context, fn);
    return (seconds === null ? undefined : declareSeconds(context, fn, seconds))?.edits ?? [];
  });
  return edits.length > 0 ? { edits, safety: 'unsafe' } : undefined;
}
