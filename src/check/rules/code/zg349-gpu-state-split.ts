import {
  childOf,
  nodesOfBody,
  type PyFunction,
  type PyNode,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type Found, type RuleContext } from '../../rule.js';
import { at, callsIn, gpuBodies, localNames } from './facts.js';
import { lazilyLoaded } from './zg315-lazy-model.js';
import { changedGlobals } from './zg318-mutable-global.js';

type Data = { readonly name: string; readonly function: string; readonly other: string };

/** Methods that change a model or pipeline for the calls that come after. */
const CHANGES =
  /^(?:load_lora_weights|unload_lora_weights|set_adapters|fuse_lora|unfuse_lora|load_adapter|set_adapter|add_adapter|delete_adapters|load_ip_adapter|unload_ip_adapter|set_ip_adapter_scale|load_state_dict|load_textual_inversion|merge_and_unload)$/;

export const gpuStateSplit = defineRule<Data>({
  id: 'ZG349',
  name: 'gpu-state-split',
  severity: 'warning',
  summary: 'one GPU function sets what another one reads',
  docs: {
    why: 'Each GPU function has workers of its own, forked from the app. A LoRA that one function loads, or a global that it sets, stays in its worker: another function never sees it, and a later worker of the same function does not either.',
    instead:
      'Do both in one GPU function, with the choice as an argument; or load it at module level.',
    notFound: 'What is read in the same call that sets it.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef set_style(name):\n    pipe.load_lora_weights(name)\n\n@spaces.GPU\ndef run(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef run(prompt, style):\n    pipe.load_lora_weights(style)\n    image = pipe(prompt).images[0]\n    pipe.unload_lora_weights()\n    return image',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: `workers` belongs to one decorated function; multiprocessing fork.',
  },
  *check(context) {
    const bodies = gpuBodies(context);
    for (const fn of bodies) {
      const seen = new Set<string>();
      for (const { name, node } of changesIn(fn)) {
        if (seen.has(name)) continue;
        const other = bodies.find((one) => one !== fn && reads(context, one, name, fn));
        if (!other || changesName(other, name)) continue;
        seen.add(name);
        const data = { name, function: fn.name, other: other.name };
        const found: Found<Data> = at(fn.file, node, data);
        yield found;
      }
    }
  },
  words({ name, function: fn, other }) {
    return {
      message: `\`${fn}\` changes \`${name}\` in its own worker, and \`${other}\` reads it in another`,
      note: `what \`${fn}\` sets never reaches \`${other}\``,
      help: 'do both in one GPU function',
    };
  },
});

function* changesIn(fn: PyFunction): Generator<{ name: string; node: PyNode }> {
  if (!lazilyLoaded(fn)) yield* changedGlobals(fn);
  const locals = localNames(fn);
  for (const call of callsIn(fn)) {
    if (!CHANGES.test(call.method ?? '')) continue;
    const name = rootName(fn, call.node);
    if (name !== null && !locals.has(name)) yield { name, node: call.node };
  }
}

/** `pipe` of `pipe.transformer.load_lora_weights(…)`. */
function rootName({ file }: PyFunction, call: PyNode): string | null {
  let at = childOf(call, 'function');
  while (at?.type === 'attribute') at = childOf(at, 'object');
  return at?.type === 'identifier' ? textOf(file, at) : null;
}

function changesName(fn: PyFunction, name: string): boolean {
  return [...changesIn(fn)].some((one) => one.name === name);
}

/**
 * Whether a GPU function reads a module-level name of that file, itself or through what it calls. What
 * `changer` reads is what it has set: called in a worker, a GPU function runs in that worker.
 */
function reads(
  { python }: RuleContext,
  fn: PyFunction,
  name: string,
  changer: PyFunction,
): boolean {
  const seen = new Set<PyFunction>([changer]);
  const open = [fn];
  for (let one = open.pop(); one; one = open.pop()) {
    if (seen.has(one) || !one.body) continue;
    seen.add(one);
    const locals = localNames(one);
    for (const node of nodesOfBody(one.body)) {
      const isName =
        node.type === 'identifier' && node.field !== 'left' && node.field !== 'attribute';
      if (isName && node.field !== 'name' && !locals.has(name) && textOf(one.file, node) === name) {
        return true;
      }
    }
    for (const call of callsIn(one)) {
      const callee = childOf(call.node, 'function');
      const called = callee && python.functionOf(one.file, callee);
      if (called && called.file === fn.file) open.push(called);
    }
  }
  return false;
}
