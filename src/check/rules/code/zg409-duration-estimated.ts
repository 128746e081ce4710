import { formatSeconds } from '../../../shared/duration.js';
import { defineRule } from '../../rule.js';
import { costOfDeclaring, fixedDurations, isFarAbove } from './durations.js';
import { estimateOf } from './estimated.js';
import { at } from './facts.js';
import { changeSeconds, suggestedSeconds } from './measured.js';

type Data = {
  readonly function: string;
  readonly declared: number;
  readonly suggested: number;
  readonly low: number;
  readonly high: number;
};

/** A declaration this many times the slowest estimate refuses visitors for nothing. */
const FAR_ABOVE = 5;

export const durationEstimated = defineRule<Data>({
  id: 'ZG409',
  name: 'duration-estimated',
  severity: 'advice',
  asksEstimate: true,
  asksOtherProfiles: false,
  summary: 'a GPU function declares far more seconds than an estimate, or fewer than its fastest',
  docs: {
    why: 'What is declared is reserved before the call. Far above what the function takes, visitors are refused who have enough left; below it, the call is killed at its deadline.',
    instead:
      'Declare what the estimate suggests: the slowest call and the slowest loading of weights together. `--unsafe-fixes` writes it; whether the call had its longest inputs is yours to judge.',
    notFound:
      'Functions that no endpoint calls, and functions that a run on a real GPU has measured: ZG407 is about those.',
    examples: [
      {
        title: 'Fails where a call takes 2 to 6 s',
        language: 'python',
        code: '@spaces.GPU(duration=120)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU(duration=15)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence:
      'A run on the weightless device; the error of its times is in docs/estimate.md. Hugging Face documentation, page "Spaces ZeroGPU" (2025-11-05).',
  },
  *check(context) {
    for (const fixed of fixedDurations(context)) {
      const { gpu, seconds, node, file } = fixed;
      const { seconds: range, suggestedSeconds: suggested } = estimateOf(context, gpu) ?? {};
      if (!range || !suggested || seconds <= 0) continue;
      if (suggestedSeconds(context, gpu) !== null) continue;
      if (!isFarAbove(seconds, suggested, FAR_ABOVE) && seconds >= range.low) continue;
      const fix = changeSeconds(fixed, suggested);
      const data = { function: gpu.name, declared: seconds, suggested, ...range };
      yield at(file, node, data, fix ? { fix } : {});
    }
  },
  words({ function: name, declared, suggested, low, high }) {
    return {
      message: `\`${name}\` declares ${declared} s, and a call is estimated at ${formatSeconds(low)} to ${formatSeconds(high)}`,
      note: costOfDeclaring(declared, suggested),
      help: `duration=${suggested}`,
    };
  },
});
