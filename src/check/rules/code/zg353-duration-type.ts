import { bare, stringOf, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { replaceNode } from './edits.js';
import { at } from './facts.js';
import { gpuKeywords } from './keywords.js';

type Data = { readonly function: string; readonly duration: string };

const NOT_A_NUMBER = new Set([
  'string',
  'concatenated_string',
  'list',
  'tuple',
  'dictionary',
  'set',
]);

export const durationType = defineRule<Data>({
  id: 'ZG353',
  name: 'duration-type',
  severity: 'error',
  summary: 'duration= is not a number',
  docs: {
    why: 'The decorator takes a number of seconds, a timedelta or a function. Anything else passes at start-up and raises TypeError at each call: `timedelta(seconds="90")`.',
    instead: 'Write the number without quotes.',
    examples: [
      { title: 'Fails', language: 'python', code: '@spaces.GPU(duration="90")\ndef run(text): …' },
      { title: 'Passes', language: 'python', code: '@spaces.GPU(duration=90)\ndef run(text): …' },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: process_duration.',
  },
  *check(context) {
    for (const { gpu, keyword, file } of gpuKeywords(context)) {
      const value = bare(keyword.value);
      if (keyword.name !== 'duration' || !NOT_A_NUMBER.has(value.type)) continue;
      const seconds = stringOf(file, value)?.trim() ?? '';
      const fix = /^\d+(?:\.\d+)?$/.test(seconds) ? replaceNode(file, value, seconds) : undefined;
      const data = { function: gpu.name, duration: textOf(file, value).slice(0, 40) };
      yield at(file, value, data, fix ? { fix } : {});
    }
  },
  words({ function: name, duration }) {
    return {
      message: `duration=${duration} of \`${name}\` is not a number: each call raises TypeError`,
      help: 'a number of seconds, without quotes',
    };
  },
});
