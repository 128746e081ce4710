import { type PyNode, type PythonFile, rangeOf } from '../../../space/python/index.js';
import { defineRule, type Fix } from '../../rule.js';
import { at } from './facts.js';
import { gpuKeywords } from './keywords.js';

type Data = { readonly function: string };

export const enableQueueIgnored = defineRule<Data>({
  id: 'ZG334',
  name: 'enable-queue-ignored',
  severity: 'info',
  summary: 'enable_queue= is ignored',
  docs: {
    why: 'The decorator took `enable_queue` once. It is ignored now, and the queue is always on.',
    instead: 'Leave it out.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU(enable_queue=True)\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/decorator.py.',
  },
  *check(context) {
    for (const { gpu, keyword, file } of gpuKeywords(context)) {
      const node = keyword.nameNode.parent;
      if (keyword.name !== 'enable_queue' || !node) continue;
      const fix = remove(file, node);
      yield at(file, node, { function: gpu.name }, fix ? { fix } : {});
    }
  },
  words({ function: name }) {
    return {
      message: `enable_queue of \`${name}\` is ignored: the queue is always on`,
      help: 'leave it out',
    };
  },
});

/** Takes an argument out of its list, with the comma that goes with it. */
function remove(file: PythonFile, node: PyNode): Fix | null {
  const siblings = node.parent?.children ?? [];
  if (siblings.some(({ type }) => type === 'comment')) return null;
  const index = siblings.indexOf(node);
  const [before, after] = [siblings[index - 1], siblings[index + 1]];
  const start = before ? before.end : node.start;
  const end = before ? node.end : (after?.start ?? node.end);
  const range = rangeOf(file, { start, end });
  return range.line === range.endLine ? { edits: [{ file: file.path, range, newText: '' }] } : null;
}
