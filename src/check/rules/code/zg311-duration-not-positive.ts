import { defineRule } from '../../rule.js';
import { fixedDurations } from './durations.js';
import { at } from './facts.js';

type Data = { readonly function: string; readonly seconds: number };

export const durationNotPositive = defineRule<Data>({
  id: 'ZG311',
  name: 'duration-not-positive',
  severity: 'error',
  summary: 'a duration of no seconds',
  docs: {
    why: 'Whole seconds are sent: what is below one is sent as 0, and a negative length of time is sent as nearly a day, because a timedelta keeps its sign in the days that are left out.',
    instead: 'Declare at least 1 second.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU(duration=0)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU(duration=15)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/client.py: get_duration_seconds.',
  },
  *check(context) {
    for (const { gpu, seconds, node, file } of fixedDurations(context)) {
      if (Math.floor(seconds) <= 0) yield at(file, node, { function: gpu.name, seconds });
    }
  },
  words({ function: name, seconds }) {
    return {
      message: `\`${name}\` declares ${seconds} s`,
      note: seconds < 0 ? 'it is sent as nearly a day' : 'it is sent as 0 s',
      help: 'duration=1 or more',
    };
  },
});
