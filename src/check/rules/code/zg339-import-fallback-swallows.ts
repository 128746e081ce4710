import {
  ancestorsOf,
  childOf,
  isInside,
  nodesIn,
  nodesOfBody,
  type PyNode,
  type PythonFile,
  textOf,
} from '../../../space/python/index.js';
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
    notFound:
      'A stand-in class, also one that takes the place of `None` later, and uses behind `if spaces`.',
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
      if (!around || isBoundAgain(file, around)) continue;
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

/** Whether a stand-in takes the place of `None`: a class, another import or another value. */
function isBoundAgain(file: PythonFile, tried: PyNode): boolean {
  const isSpaces = (node: PyNode | null) => node !== null && textOf(file, node) === 'spaces';
  for (const node of nodesOfBody(file.root)) {
    if (node.type === 'class_definition' && isSpaces(childOf(node, 'name'))) return true;
    if (node.type !== 'assignment' || !isSpaces(childOf(node, 'left'))) continue;
    if (childOf(node, 'right')?.type !== 'none') return true;
  }
  const body = childOf(tried, 'body') ?? tried;
  return file.imports.some(
    ({ boundTo, isModuleLevel, node }) =>
      boundTo === 'spaces' && isModuleLevel && !isInside(node, body),
  );
}
