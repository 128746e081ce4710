import { defineRule } from '../../rule.js';
import { isBelow } from '../../versions.js';
import { constraining } from '../dependencies/entries.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly call: string; readonly torch: string };

export const aotiNeedsTorch28 = defineRule<Data>({
  id: 'ZG306',
  name: 'aoti-needs-torch-2-8',
  severity: 'error',
  summary: 'spaces.aoti_* is used with torch older than 2.8',
  docs: {
    why: 'Ahead-of-time compilation in the spaces package rests on what PyTorch has since 2.8; with an older one it raises "requires PyTorch 2.8+".',
    instead: 'Pin `torch==2.8.0`, or pin nothing.',
    notFound: 'A torch that is not pinned below 2.8.',
    examples: [
      {
        title: 'Fails with spaces.aoti_compile() in the app',
        language: 'text',
        code: 'torch==2.7.1',
      },
      { title: 'Passes', language: 'text', code: 'torch==2.8.0' },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/torch/aoti.py.',
  },
  *check(context) {
    const old = constraining(context, 'torch').find(({ specifier }) => isBelow(specifier, '2.8'));
    if (!old) return;
    for (const { file, node, callee } of reachableCalls(context)) {
      if (!callee || !/^spaces\.aoti_(?!.*\.)/.test(callee)) continue;
      yield at(file, node, { call: callee, torch: old.specifier });
    }
  },
  words({ call, torch }) {
    return {
      message: `${call} needs torch 2.8 or later, and requirements ask for torch${torch}`,
      help: 'torch==2.8.0 in requirements.txt',
    };
  },
});
