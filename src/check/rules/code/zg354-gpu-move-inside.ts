import {
  childOf,
  isInside,
  type PyCall,
  type PyFunction,
  type PyNode,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type Fix, type RuleContext } from '../../rule.js';
import { insertAfterNode, removeStatement, unsafe } from './edits.js';
import { at, callsIn, LOADERS, localNames, putsOnCuda, reachableFiles } from './facts.js';

type Data = { readonly name: string; readonly function: string };

export const gpuMoveInside = defineRule<Data>({
  id: 'ZG354',
  name: 'gpu-move-inside',
  severity: 'warning',
  summary: 'a model is moved to CUDA inside a GPU function',
  docs: {
    why: "A model that stays on the CPU at start-up is copied to the GPU in the call, with the visitor's GPU seconds, and again in each cold worker. One that is on CUDA when the app starts is packed, and read straight to the GPU. Since April 2026 the platform's page asks for the latter.",
    instead: 'Move it at module level: `pipe.to("cuda")` after it is loaded.',
    notFound: 'Inputs, and what is made inside the function.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'pipe = FluxPipeline.from_pretrained(MODEL)\n\n@spaces.GPU\ndef run(prompt):\n    pipe.to("cuda")\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n\n@spaces.GPU\ndef run(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces ZeroGPU", edition of 2026-04-09; spaces 0.51.3 (PyPI), spaces/zero/torch/patching.py: _move.',
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const file of reachableFiles(context)) {
      for (const fn of file.functions) {
        if (!context.python.onGpu.has(fn) || context.python.calledAtStart.has(fn)) continue;
        const seen = new Set<string>();
        for (const call of callsIn(fn)) {
          const name = putsOnCuda(context, call) ? movedModel(context, fn, call.node) : null;
          if (name === null || seen.has(name)) continue;
          seen.add(name);
          const fix = unsafe(movedUp(context, fn, call));
          yield at(file, call.node, { name, function: fn.name }, fix);
        }
      }
    }
  },
  words({ name, function: fn }) {
    return {
      message: `\`${fn}\` moves \`${name}\` to CUDA inside the GPU call`,
      note: "each cold call pays for the copy with the visitor's GPU seconds",
      help: `${name}.to("cuda") at module level`,
    };
  },
});

/** `.to("cuda")` where the model is loaded, and the line of the function removed. */
function movedUp({ python }: RuleContext, fn: PyFunction, { file, node }: PyCall): Fix | undefined {
  const statement = node.parent?.type === 'expression_statement' ? node.parent : null;
  const callee = childOf(node, 'function');
  const object = callee && childOf(callee, 'object');
  const [value, ...others] = object ? python.valuesOf(file, object) : [];
  if (!statement || !value || others.length > 0 || value.file !== file) return undefined;
  const isOnly = statement.parent?.children.filter(({ type }) => type !== 'comment').length === 1;
  const loading = file.calls.find((call) => call.node === value.node);
  if (isOnly || statement.parent !== fn.body || loading?.inFunction !== null) return undefined;
  const removal = removeStatement(file, statement);
  const move = insertAfterNode(file, value.node, '.to("cuda")');
  return removal && { edits: [...move.edits, ...removal.edits] };
}

/** The module-level name of a loaded model that a call moves. */
function movedModel({ python }: RuleContext, fn: PyFunction, call: PyNode): string | null {
  const callee = childOf(call, 'function');
  const object = callee?.type === 'attribute' ? childOf(callee, 'object') : null;
  if (object?.type !== 'identifier' || localNames(fn).has(textOf(fn.file, object))) return null;
  const isModel = python.valuesOf(fn.file, object).some(({ file, node }) => {
    const owner = python.classOf(fn.file, object);
    const isModule = owner?.bases.some((base) =>
      /(?:^|\.)nn\.Module$/.test(python.nameOf(owner.file, base) ?? ''),
    );
    return (
      isModule ||
      file.calls.some(
        ({ node: inner, callee: name, method }) =>
          isInside(inner, node) &&
          (LOADERS.test(name ?? '') ||
            method === 'from_pretrained' ||
            /^torch\.nn\.[A-Z]/.test(name ?? '')),
      )
    );
  });
  return isModel ? textOf(fn.file, object) : null;
}
