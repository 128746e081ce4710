import { nodesOfBody } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, gpuBodies } from './facts.js';
import { parts } from './zg324-gpu-returns-cuda.js';

type Data = { readonly function: string; readonly what: string };

const CALLS: Readonly<Record<string, string>> = {
  open: 'an open file',
  'threading.Lock': 'a lock',
  'threading.RLock': 'a lock',
  'threading.Thread': 'a thread',
  'transformers.TextIteratorStreamer': 'a streamer',
};

export const gpuUnpicklable = defineRule<Data>({
  id: 'ZG325',
  name: 'gpu-unpicklable',
  severity: 'warning',
  summary: 'a GPU function returns what can not be pickled',
  docs: {
    why: 'Results travel from the worker by pickle, which takes no lambdas, generators, open files, locks or functions that are declared in a function.',
    instead: 'Return plain data: paths, arrays, images, text.',
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: PicklingError.',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      for (const node of fn.body ? nodesOfBody(fn.body) : []) {
        if (node.type !== 'return_statement' && node.type !== 'yield') continue;
        for (const value of parts(node)) {
          const call =
            value.type === 'call' ? fn.file.calls.find((one) => one.node === value) : undefined;
          const what =
            value.type === 'lambda'
              ? 'a lambda'
              : value.type === 'generator_expression'
                ? 'a generator'
                : CALLS[call?.callee ?? ''];
          if (what) yield at(fn.file, value, { function: fn.name, what });
        }
      }
    }
  },
  words({ function: name, what }) {
    return {
      message: `\`${name}\` returns ${what}, which can not be pickled`,
      help: 'return plain data: a path, an array, an image, text',
    };
  },
});
