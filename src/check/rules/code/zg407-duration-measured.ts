import { defineRule } from '../../rule.js';
import { costOfDeclaring, fixedDurations, isFarAbove } from './durations.js';
import { at } from './facts.js';
import { changeSeconds, suggestedSeconds } from './measured.js';

type Data = {
  readonly function: string;
  readonly declared: number;
  readonly suggested: number;
  readonly gpu: string;
};

/** A declaration this many times what was measured refuses visitors for nothing. */
const FAR_ABOVE = 2;

export const durationMeasured = defineRule<Data>({
  id: 'ZG407',
  name: 'duration-measured',
  severity: 'advice',
  asksOtherProfiles: false,
  summary: 'a GPU function declares other seconds than a run on a real GPU measured',
  docs: {
    why: 'What is declared is reserved before the call. Far above what the function takes, visitors are refused who have enough left; below it, the call is killed at its deadline.',
    instead:
      'Declare what the run suggests. `--unsafe-fixes` writes it; whether the run has called the function with its longest inputs is yours to judge.',
    notFound:
      'Functions that no `zerogpu run` on a real GPU has called: seconds of the emulated GPU are not kept.',
    examples: [
      {
        title: 'Fails after a run that measured 12 s',
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
      'What `zerogpu run` measured of this Space; Hugging Face documentation, page "Spaces ZeroGPU" (2025-11-05).',
  },
  *check(context) {
    const { measured, python } = context;
    if (measured === null) return;
    for (const fixed of fixedDurations(context)) {
      const { gpu, seconds, node, file } = fixed;
      const suggested = suggestedSeconds(context, gpu);
      const isOwners = gpu.function !== null && python.onlyAtStart.has(gpu.function);
      if (suggested === null || isOwners || seconds <= 0) continue;
      if (!isFarAbove(seconds, suggested, FAR_ABOVE) && seconds >= suggested) continue;
      const fix = changeSeconds(fixed, suggested);
      const data = { function: gpu.name, declared: seconds, suggested, gpu: measured.gpu };
      yield at(file, node, data, fix ? { fix } : {});
    }
  },
  words({ function: name, declared, suggested, gpu }) {
    return {
      message: `\`${name}\` declares ${declared} s, and its last run on ${gpu} suggests ${suggested} s`,
      note: costOfDeclaring(declared, suggested),
      help: `duration=${suggested}`,
    };
  },
});
