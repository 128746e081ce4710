import { ancestorsOf, childOf, nodesIn, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableFiles } from './facts.js';

type Data = { readonly line: string };

export const importFallbackSwallows = defineRule<Data>({
  id: 'ZG339',
  name: 'import-fallback-swallows',
  severity: 'warning',
  summary: 'a failed import of spaces is swallowed, and spaces.GPU used all the same',
  docs: {
    why: 'With `spaces = None` after a failed import, `@spaces.GPU` fails later with "NoneType has no attribute GPU", and the real reason is gone.',
    instead: 'Import spaces plainly.',
    notFound: 'A stand-in class, and uses behind `if spaces`.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'try:\n    import spaces\nexcept ImportError:\n    spaces = None\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'import spaces\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'Real Spaces.',
  },
  *check(context) {
    for (const file of reachableFiles(context)) {
      const one = file.imports.find(
        ({ module, guard, boundTo }) =>
          module === 'spaces' && guard === 'try' && boundTo === 'spaces',
      );
      const around = one && [...ancestorsOf(one.node)].find(({ type }) => type === 'try_statement');
      if (!around) continue;
      for (const handler of around.children) {
        if (handler.type !== 'except_clause') continue;
        for (const node of nodesIn(handler)) {
          const [left, right] = [childOf(node, 'left'), childOf(node, 'right')];
          const isNone = node.type === 'assignment' && right?.type === 'none' && left !== null;
          if (!isNone || !left || textOf(file, left) !== 'spaces') continue;
          const isUsed = context.python.gpuFunctions.some(
            (gpu) =>
              gpu.file === file &&
              /^spaces\.GPU/.test(textOf(file, gpu.maker)) &&
              !context.python.isConditional(file, gpu.maker),
          );
          if (isUsed) yield at(file, node, { line: textOf(file, node) });
        }
      }
    }
  },
  words({ line }) {
    return {
      message: `\`${line}\` hides why spaces can not be imported, and @spaces.GPU fails on it later`,
      help: 'import spaces plainly',
    };
  },
});
