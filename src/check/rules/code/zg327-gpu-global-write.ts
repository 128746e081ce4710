import type { PyFunction } from '../../../space/python/index.js';
import { isInside, nodesIn, textOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, gpuBodies, localNames } from './facts.js';
import { runsInWorker } from './flow.js';
import { lazilyLoaded } from './zg315-lazy-model.js';
import { changedGlobals } from './zg318-mutable-global.js';

type Data = { readonly name: string; readonly function: string };

export const gpuGlobalWrite = defineRule<Data>({
  id: 'ZG327',
  name: 'gpu-global-write',
  severity: 'warning',
  summary: 'a GPU function writes a global that the app reads',
  docs: {
    why: "A GPU function runs in a forked worker. What it assigns there, the app's own process never sees.",
    instead: 'Return the value, and let an undecorated handler keep it.',
    notFound: 'Globals that only GPU functions read.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'last = None\n\n@spaces.GPU\ndef generate(prompt):\n    global last\n    last = pipe(prompt).images[0]\n    return last\n\ndef again():\n    return last',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: multiprocessing fork.',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      if (lazilyLoaded(fn)) continue;
      const told = new Set<string>();
      for (const { name, node } of changedGlobals(fn)) {
        if (told.has(name) || !isReadElsewhere(context, fn, name)) continue;
        told.add(name);
        yield at(fn.file, node, { name, function: fn.name });
      }
    }
  },
  words({ name, function: fn }) {
    return {
      message: `\`${fn}\` writes \`${name}\` in a worker, and the app never sees it`,
      help: 'return the value instead',
    };
  },
});

function isReadElsewhere(context: RuleContext, fn: PyFunction, name: string): boolean {
  return fn.file.functions.some((other) => {
    if (other === fn || !other.body || runsInWorker(context, other)) return false;
    // A parameter or a local of that name is not the global.
    if (localNames(other).has(name) || isInside(other.node, fn.node)) return false;
    for (const node of nodesIn(other.body)) {
      if (
        node.type === 'identifier' &&
        node.field !== 'left' &&
        node.field !== 'name' &&
        node.field !== 'attribute' &&
        textOf(fn.file, node) === name
      )
        return true;
    }
    return false;
  });
}
