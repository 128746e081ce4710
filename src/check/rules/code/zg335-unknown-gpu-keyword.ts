import { didYouMean } from '../../../shared/did-you-mean.js';
import { defineRule } from '../../rule.js';
import { replaceNode, unsafe } from './edits.js';
import { at } from './facts.js';
import { gpuKeywords } from './keywords.js';

type Data = { readonly function: string; readonly keyword: string };

const MEANT = ['duration', 'size'];
const KNOWN = new Set(['task', 'duration', 'size', 'enable_queue']);

export const unknownGpuKeyword = defineRule<Data>({
  id: 'ZG335',
  name: 'unknown-gpu-keyword',
  severity: 'warning',
  summary: 'a keyword that @spaces.GPU does not know',
  docs: {
    why: 'The decorator knows `duration` and `size`. What else it is given is dropped without a word: a misspelt `duraton=120` leaves the default of 60 s.',
    instead: 'Write `duration=` or `size=`.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU(timeout=120)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU(duration=120)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/decorator.py: EmptyKwargs.',
  },
  *check(context) {
    for (const { gpu, keyword, file } of gpuKeywords(context)) {
      if (KNOWN.has(keyword.name)) continue;
      const near = didYouMean(keyword.name, MEANT);
      const isGiven = gpu.keywords.some(({ name }) => name === near);
      const fix = near && !isGiven ? replaceNode(file, keyword.nameNode, near) : undefined;
      const data = { function: gpu.name, keyword: keyword.name };
      yield at(file, keyword.nameNode, data, unsafe(fix));
    }
  },
  words({ function: name, keyword }) {
    return {
      message: `@spaces.GPU of \`${name}\` does not know ${keyword}=`,
      note: 'it is dropped without a word',
      help: 'duration= and size= are what it knows',
    };
  },
});
