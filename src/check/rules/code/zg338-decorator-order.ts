import { bare, childOf, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { replaceNode, unsafe } from './edits.js';
import { at } from './facts.js';

type Data = { readonly function: string; readonly other: string; readonly isAbove: boolean };

const MODES =
  /^torch\.(?:inference_mode|no_grad|enable_grad|autocast|cuda\.amp\.autocast|amp\.autocast)$/;

export const decoratorOrder = defineRule<Data>({
  id: 'ZG338',
  name: 'decorator-order',
  severity: 'warning',
  summary: 'another decorator stands on the wrong side of @spaces.GPU',
  docs: {
    why: `What stands above \`@spaces.GPU\` runs in the app's process: \`@torch.inference_mode()\` there does nothing for the
worker. What stands below it is what it sees: a decorator whose wrapper is not a generator function hides that the
function is one, and the generator can not be pickled.`,
    instead:
      '`@spaces.GPU` outermost, over `@torch.inference_mode()`; nothing between it and a generator.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@torch.inference_mode()\n@spaces.GPU\ndef generate(prompt):\n    yield from pipe(prompt)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\n@torch.inference_mode()\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'The order that works',
        language: 'python',
        code: '@spaces.GPU\n@torch.inference_mode()\ndef generate(prompt): …',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/decorator.py: inspect.isgeneratorfunction.',
  },
  *check({ python }) {
    for (const { function: fn, file, maker, kind, isReachable } of python.gpuFunctions) {
      if (!fn || kind !== 'decorator' || !isReachable) continue;
      const place = fn.decorators.indexOf(maker);
      for (const [index, one] of fn.decorators.entries()) {
        const callee = one.type === 'call' ? (childOf(one, 'function') ?? one) : one;
        const name = python.nameOf(file, bare(callee));
        if (index < place && name && MODES.test(name)) {
          const isNext = index === place - 1 && fn.file === file;
          const fix = isNext
            ? [
                replaceNode(file, one, textOf(file, maker)),
                replaceNode(file, maker, textOf(file, one)),
              ]
            : [];
          const edits = fix.flatMap((each) => each.edits);
          const data = { function: fn.name, other: name, isAbove: true };
          yield at(file, one, data, isNext ? unsafe({ edits }) : {});
        }
        const wrapper =
          index > place && fn.isGenerator ? python.functionOf(file, bare(callee)) : null;
        if (!wrapper || !name) continue;
        const inner = wrapper.file.functions.filter(({ enclosing }) => enclosing === wrapper);
        if (
          inner.length > 0 &&
          inner.every(({ isGenerator, isAsync }) => !isGenerator && !isAsync)
        ) {
          yield at(file, one, { function: fn.name, other: name, isAbove: false });
        }
      }
    }
  },
  words({ function: name, other, isAbove }) {
    return isAbove
      ? {
          message: `@${other} of \`${name}\` stands above @spaces.GPU, and does nothing in the worker`,
          help: `put @spaces.GPU above @${other}`,
        }
      : {
          message: `@${other} hides from @spaces.GPU that \`${name}\` is a generator`,
          help: `put @${other} above @spaces.GPU, or make its wrapper a generator`,
        };
  },
});
