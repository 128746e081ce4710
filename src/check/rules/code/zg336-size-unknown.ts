import { GPU_SIZES } from '../../../platform/index.js';
import { didYouMean } from '../../../shared/did-you-mean.js';
import { stringOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { replaceNode, unsafe } from './edits.js';
import { at } from './facts.js';

type Data = { readonly function: string; readonly size: string };

export const sizeUnknown = defineRule<Data>({
  id: 'ZG336',
  name: 'size-unknown',
  severity: 'error',
  summary: 'size= is neither large nor xlarge',
  docs: {
    why: 'The platform has two sizes. Another word is refused when the function is called.',
    instead: '`size="large"`, `size="xlarge"`, or none.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU(size="medium")\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU(size="large")\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/decorator.py and api.py: GPUSize.',
  },
  *check({ python }) {
    for (const { size, file, name, isReachable } of python.gpuFunctions) {
      if (!size || !isReachable || size.value === 'large' || size.value === 'xlarge') continue;
      const root = python.files.find((one) => one.root === rootOf(size.node)) ?? file;
      const plain = size.value.toLowerCase().replaceAll(/[^a-z]/g, '');
      const meant = GPU_SIZES.find((one) => one === plain) ?? didYouMean(plain, GPU_SIZES);
      const isString = stringOf(root, size.node) !== null;
      const fix = meant && isString ? replaceNode(root, size.node, `"${meant}"`) : undefined;
      const data = { function: name, size: size.value };
      yield at(root, size.node, data, meant === plain && fix ? { fix } : unsafe(fix));
    }
  },
  words({ function: name, size }) {
    return {
      message: `\`${name}\` asks for size "${size}", which the platform does not have`,
      help: 'size="large" or size="xlarge"',
    };
  },
});

function rootOf<Node extends { readonly parent: Node | null }>(node: Node): Node {
  let root = node;
  while (root.parent) root = root.parent;
  return root;
}
