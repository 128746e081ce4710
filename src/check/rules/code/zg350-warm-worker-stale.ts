import { nodesOfBody, type PyFunction, textOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, gpuBodies, localNames } from './facts.js';
import { visitorFunctions } from './flow.js';
import { changedGlobals } from './zg318-mutable-global.js';

type Data = { readonly name: string; readonly function: string; readonly reader: string };

export const warmWorkerStale = defineRule<Data>({
  id: 'ZG350',
  name: 'warm-worker-stale',
  severity: 'warning',
  summary: 'a handler changes a global that a GPU function reads',
  docs: {
    why: 'A worker is forked when it is first needed, with the globals of that moment, and is used again for later calls. What a handler changes afterwards in the app never reaches a worker that is already there: the same function sees the new value in one call and the old one in the next.',
    instead: 'Pass the value to the GPU function as an argument.',
    notFound: 'Globals that change only while the app starts.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'style = {}\n\ndef choose(name):\n    style["name"] = name\n\n@spaces.GPU\ndef run(prompt):\n    return pipe(prompt, style["name"])',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef run(prompt, style):\n    return pipe(prompt, style)',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: workers are kept and reused when idle.',
  },
  *check(context) {
    for (const fn of visitorFunctions(context)) {
      if (!fn.file.isReachable || context.python.onGpu.has(fn)) continue;
      const seen = new Set<string>();
      for (const { name, node } of changedGlobals(fn)) {
        const reader = seen.has(name) ? undefined : readerOf(context, fn, name);
        if (!reader) continue;
        seen.add(name);
        yield at(fn.file, node, { name, function: fn.name, reader: reader.name });
      }
    }
  },
  words({ name, function: fn, reader }) {
    return {
      message: `\`${fn}\` changes \`${name}\` in the app, and a warm worker of \`${reader}\` keeps the old value`,
      help: `pass \`${name}\` to \`${reader}\` as an argument`,
    };
  },
});

/** A GPU function of the same file that reads the name. */
function readerOf(context: RuleContext, fn: PyFunction, name: string): PyFunction | undefined {
  return gpuBodies(context).find((one) => {
    if (one.file !== fn.file || !one.body || localNames(one).has(name)) return false;
    for (const node of nodesOfBody(one.body)) {
      const isRead = node.type === 'identifier' && node.field !== 'left' && node.field !== 'name';
      if (isRead && node.field !== 'attribute' && textOf(one.file, node) === name) return true;
    }
    return false;
  });
}
