import type { PyFunction, PyNode } from '../../../space/python/index.js';
import { childOf, nodesOfBody, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, callsIn, globalNames, LOADERS, reachableFiles } from './facts.js';

type Data = { readonly name: string; readonly function: string };

export const lazyModel = defineRule<Data>({
  id: 'ZG315',
  name: 'lazy-model',
  severity: 'warning',
  summary: 'a model is loaded at the first call of a GPU function',
  docs: {
    why: 'GPU functions run in a forked worker. What it loads into a global or a cache is lost with it, and loaded again in the next one: each visitor pays for it with GPU seconds.',
    instead:
      'Load the model at module level and move it to "cuda" there; it is in the worker when the call starts.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'pipe = None\n\n@spaces.GPU\ndef generate(prompt):\n    global pipe\n    if pipe is None:\n        pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'pipe = FluxPipeline.from_pretrained(MODEL, torch_dtype=torch.bfloat16).to("cuda")\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    for (const file of reachableFiles(context)) {
      for (const fn of file.functions) {
        if (!context.python.onGpu.has(fn)) continue;
        const found = lazilyLoaded(fn);
        if (found) yield at(file, found.node, { name: found.name, function: fn.name });
      }
    }
  },
  words({ name, function: fn }) {
    return {
      message: `\`${fn}\` loads ${name} inside the GPU call`,
      note: 'a worker forgets it: the next cold call loads it again',
      help: 'load it at module level, with .to("cuda")',
    };
  },
});

/** What a function loads into a global or a cache, if it does. */
export function lazilyLoaded(fn: PyFunction): { node: PyNode; name: string } | null {
  const loads = callsIn(fn).filter(
    ({ callee, method }) => LOADERS.test(callee ?? '') || method === 'from_pretrained',
  );
  const [load] = loads;
  if (!load) return null;
  const isCached = fn.decorators.some((one) =>
    /(?:^|\.)(?:lru_cache|cache)\b/.test(textOf(fn.file, one)),
  );
  if (isCached) return { node: load.node, name: `what \`${fn.name}\` caches` };
  const globals = globalNames(fn);
  for (const node of fn.body && globals.size > 0 ? nodesOfBody(fn.body) : []) {
    const left = node.type === 'assignment' ? childOf(node, 'left') : null;
    if (left?.type !== 'identifier' || !globals.has(textOf(fn.file, left))) continue;
    const inside = loads.find((one) => one.node.start >= node.start && one.node.end <= node.end);
    if (inside) return { node: inside.node, name: `\`${textOf(fn.file, left)}\`` };
  }
  return null;
}
