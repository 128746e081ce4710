import type { PyFunction, PyNode } from '../../../space/python/index.js';
import { ancestorsOf, childOf, nodesOfBody, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { assignments, at, globalNames, localNames, meansZeroGpu, plainHandlers } from './facts.js';

type Data = { readonly name: string; readonly function: string };

const CONTAINERS = new Set(['list', 'dictionary', 'set']);
const CHANGES = new Set([
  'append',
  'extend',
  'insert',
  'update',
  'setdefault',
  'pop',
  'clear',
  'remove',
]);

export const mutableGlobal = defineRule<Data>({
  id: 'ZG318',
  name: 'mutable-global',
  severity: 'warning',
  summary: 'a handler changes what all visitors share',
  docs: {
    why: 'A module-level list, dictionary or variable is one for all visitors, whose handlers run at the same time: one sees what another did.',
    instead: '`gr.State` holds what belongs to one visitor.',
    notFound: 'Globals that are only read. Under a lock it is an info.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'history = []\n\ndef chat(message):\n    history.append(message)\n    return history\n\nbutton.click(chat, box, output)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'def chat(message, history):\n    history = [*history, message]\n    return history',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    if (!meansZeroGpu(context)) return;
    for (const fn of plainHandlers(context)) {
      for (const { name, node } of changedGlobals(fn)) {
        const isLocked = [...ancestorsOf(node)].some(
          (one) =>
            one.type === 'with_statement' && /lock/i.test(textOf(fn.file, one).slice(0, 120)),
        );
        yield at(
          fn.file,
          node,
          { name, function: fn.name },
          { severity: isLocked ? 'info' : 'warning' },
        );
        break;
      }
    }
  },
  words({ name, function: fn }) {
    return {
      message: `\`${fn}\` changes \`${name}\`, which all visitors share`,
      help: 'keep what belongs to one visitor in gr.State',
    };
  },
});

/** Module-level names that a function assigns, or lists and the like of it that it changes. */
export function* changedGlobals(fn: PyFunction): Generator<{ name: string; node: PyNode }> {
  if (!fn.body) return;
  const { file } = fn;
  const globals = globalNames(fn);
  const locals = localNames(fn);
  const isContainer = (name: string) =>
    !locals.has(name) && assignments(file, name).some(({ type }) => CONTAINERS.has(type));
  for (const node of nodesOfBody(fn.body)) {
    const left =
      node.type === 'assignment' || node.type === 'augmented_assignment'
        ? childOf(node, 'left')
        : null;
    if (left?.type === 'identifier' && globals.has(textOf(file, left))) {
      yield { name: textOf(file, left), node };
    } else if (left?.type === 'subscript') {
      const value = childOf(left, 'value');
      if (value?.type === 'identifier' && isContainer(textOf(file, value))) {
        yield { name: textOf(file, value), node };
      }
    } else if (node.type === 'call') {
      const callee = childOf(node, 'function');
      const object = callee && childOf(callee, 'object');
      const method = callee && childOf(callee, 'attribute');
      if (object?.type !== 'identifier' || !method || !CHANGES.has(textOf(file, method))) continue;
      if (isContainer(textOf(file, object))) yield { name: textOf(file, object), node };
    }
  }
}
