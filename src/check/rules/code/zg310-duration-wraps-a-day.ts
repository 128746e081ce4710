import { defineRule } from '../../rule.js';
import { fixedDurations } from './durations.js';
import { at } from './facts.js';

type Data = { readonly function: string; readonly seconds: number; readonly sent: number };

const DAY = 86_400;

export const durationWrapsADay = defineRule<Data>({
  id: 'ZG310',
  name: 'duration-wraps-a-day',
  severity: 'error',
  summary: 'a duration of a day or more loses its days',
  docs: {
    why: 'The package makes a timedelta of the duration and sends its `.seconds`, which leaves whole days out: a day is sent as 0 seconds, and 90000 as 3600.',
    instead: 'Declare what one call needs; no tier has a day.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU(duration=90_000)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU(duration=90)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/client.py: get_duration_seconds.',
  },
  *check(context) {
    for (const { gpu, seconds, node, file } of fixedDurations(context)) {
      if (seconds < DAY) continue;
      yield at(file, node, { function: gpu.name, seconds, sent: Math.floor(seconds % DAY) });
    }
  },
  words({ function: name, seconds, sent }) {
    return {
      message: `\`${name}\` declares ${seconds} s, and ${sent} s are sent: whole days are dropped`,
      help: 'declare the seconds that one call needs',
    };
  },
});
