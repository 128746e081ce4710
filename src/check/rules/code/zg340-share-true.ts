import { textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { keywordOf, removeArgument, unsafe } from './edits.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly call: string };

export const shareTrue = defineRule<Data>({
  id: 'ZG340',
  name: 'share-true',
  severity: 'info',
  summary: 'launch(share=True) does nothing on Spaces',
  docs: {
    why: 'A Space has an address of its own: Gradio prints a warning and makes no share link.',
    instead: 'Leave it out.',
    examples: [
      { title: 'Fails', language: 'python', code: 'demo.launch(share=True)' },
      { title: 'Passes', language: 'python', code: 'demo.launch()' },
    ],
    evidence:
      'Gradio, Blocks.launch: "Setting share=True is not supported on Hugging Face Spaces".',
  },
  *check(context) {
    for (const { file, node, method, keywords } of reachableCalls(context)) {
      const share = keywords.get('share');
      if (method !== 'launch' || !share || context.python.isConditional(file, node)) continue;
      if (textOf(file, share) === 'True') {
        yield at(file, share, { call: 'launch' }, unsafe(removeArgument(file, keywordOf(share))));
      }
    }
  },
  words() {
    return { message: 'share=True does nothing on Spaces', help: 'leave it out' };
  },
});
