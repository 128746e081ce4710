import {
  bare,
  childOf,
  nodesOfBody,
  type PyNode,
  type PythonFile,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, gpuBodies } from './facts.js';
import { unpicklable } from './pickling.js';
import { parts } from './zg324-gpu-returns-cuda.js';

type Data = { readonly function: string; readonly what: string };

export const gpuUnpicklable = defineRule<Data>({
  id: 'ZG325',
  name: 'gpu-unpicklable',
  severity: 'warning',
  summary: 'a GPU function returns what cannot be pickled',
  docs: {
    why: 'Results travel from the worker by pickle, which takes no lambdas, generators, open files, locks or functions that are declared in a function. Components of Gradio cannot be pickled either: a dictionary with components as its keys does not leave the worker.',
    instead: 'Return plain data: paths, arrays, images, text.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef run(text):\n    return {box: model(text), status: "done"}',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef run(text):\n    return model(text), "done"',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: PicklingError.',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      for (const node of fn.body ? nodesOfBody(fn.body) : []) {
        if (node.type !== 'return_statement' && node.type !== 'yield') continue;
        for (const value of parts(node)) {
          const what =
            unpicklable(context, fn.file, value) ?? componentKey(context, fn.file, value);
          if (what) yield at(fn.file, value, { function: fn.name, what });
        }
      }
    }
  },
  words({ function: name, what }) {
    return {
      message: `\`${name}\` returns ${what}, which cannot be pickled`,
      help: 'return plain data: a path, an array, an image, text',
    };
  },
});

/** `{box: value}`, with a component of Gradio as the key, itself or by a name. */
function componentKey(context: RuleContext, file: PythonFile, node: PyNode): string | null {
  const { python } = context;
  if (node.type === 'identifier') {
    return python
      .valuesOf(file, node)
      .reduce<string | null>(
        (found, value) =>
          found ??
          (bare(value.node).type === 'dictionary'
            ? componentKey(context, value.file, bare(value.node))
            : null),
        null,
      );
  }
  if (node.type !== 'dictionary') return null;
  const key = node.children
    .map((pair) => childOf(pair, 'key'))
    .find((one) => {
      if (one?.type !== 'identifier') return false;
      return python.valuesOf(file, one).some(({ file: from, node: value }) => {
        const callee = value.type === 'call' ? childOf(value, 'function') : null;
        return callee !== null && /^gradio\.[A-Z]/.test(python.nameOf(from, callee) ?? '');
      });
    });
  return key ? `a dictionary with the component \`${textOf(file, key)}\` as a key` : null;
}
