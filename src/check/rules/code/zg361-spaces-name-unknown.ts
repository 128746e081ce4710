import { childOf, nodesIn, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, isTried, reachableFiles } from './facts.js';

type Data = { readonly name: string };

/** What `spaces` 0.51.3 has: `__all__`, and its modules. */
const NAMES = new Set([
  'GPU',
  'gradio_auto_wrap',
  'disable_gradio_auto_wrap',
  'enable_gradio_auto_wrap',
  'aoti_capture',
  'aoti_compile',
  'aoti_compile_and_save',
  'aoti_apply',
  'aoti_patch',
  'aoti_load',
  'aoti_load_call_source',
  'aoti_load_from_package_dir',
  'aoti_blocks_load',
  'config',
  'gradio',
  'reloading',
  'utils',
  'zero',
]);

export const spacesNameUnknown = defineRule<Data>({
  id: 'ZG361',
  name: 'spaces-name-unknown',
  severity: 'error',
  summary: 'the code asks the spaces package for a name that it does not have',
  docs: {
    why: 'The decorator is `spaces.GPU`, in capital letters. `spaces.gpu` and names that the package never had end the app with AttributeError or ImportError.',
    instead: '`import spaces` and `@spaces.GPU`.',
    notFound: 'Uses under `try`, or in code that asks `hasattr(spaces, …)` first.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'import spaces\n\n@spaces.gpu\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'import spaces\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/__init__.py: __all__.',
  },
  *check({ python, ...context }) {
    for (const file of reachableFiles({ python, ...context })) {
      if (!/\bspaces\b/.test(file.text) || /hasattr\(\s*spaces\b/.test(file.text)) continue;
      for (const { module, name, place, guard, node } of file.imports) {
        const isOther = module !== 'spaces' || place !== null || name === null || name === '*';
        if (isOther || NAMES.has(name) || guard !== 'none' || isTried(node)) continue;
        if (python.executionOf(file, node) === 'executed') yield at(file, node, { name });
      }
      for (const node of nodesIn(file.root)) {
        const attribute = node.type === 'attribute' ? childOf(node, 'attribute') : null;
        const object = attribute && childOf(node, 'object');
        if (object?.type !== 'identifier' || node.field === 'left') continue;
        const name = textOf(file, attribute ?? node);
        if (NAMES.has(name) || name.startsWith('_') || isTried(node)) continue;
        if (python.nameOf(file, object) !== 'spaces' || !isImported(file)) continue;
        if (python.isConditional(file, node)) continue;
        if (python.executionOf(file, node) === 'executed') yield at(file, node, { name });
      }
    }
  },
  words({ name }) {
    return {
      message: `the spaces package has no ${name}`,
      help: name.toLowerCase() === 'gpu' ? 'spaces.GPU' : 'import spaces, and @spaces.GPU',
    };
  },
});

function isImported({
  imports,
}: {
  readonly imports: readonly {
    module: string;
    boundTo: string | null;
    place: unknown;
    guard: string;
  }[];
}): boolean {
  return imports.some(
    ({ module, place, guard }) => module === 'spaces' && place === null && guard === 'none',
  );
}
