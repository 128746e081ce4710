import { childOf, type PyCall, textOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import {
  at,
  callsIn,
  isConditional,
  isTried,
  localNames,
  namesOnCuda,
  plainHandlers,
  putsOnCuda,
  reachableCalls,
} from './facts.js';

type Data = { readonly what: string; readonly where: string };

const USES = new Set([
  'generate',
  'forward',
  'encode',
  'encode_image',
  'encode_text',
  'predict',
  'transcribe',
]);

export const cudaOutsideGpuFunction = defineRule<Data>({
  id: 'ZG304',
  name: 'cuda-outside-gpu-function',
  severity: 'error',
  summary: 'a model on CUDA is used outside a GPU function',
  docs: {
    why: `When the app starts, the package packs what lies on CUDA to disk; it comes back in the worker of a GPU
function alone. An event handler that is not decorated and calls such a model fails with "Cannot apply function
… on disk-offloaded Tensor". At import, before the pack, the same call runs on the CPU, however long that takes.`,
    instead:
      'Decorate the function that Gradio calls, or put the use into a decorated function that it calls.',
    notFound:
      'Moving a model to CUDA at import is the documented way. Questions such as `torch.cuda.is_available()` are answered everywhere. Models that are reached through attributes or other modules are not followed.',
    examples: [
      {
        title: 'The handler that uses the model is decorated',
        language: 'python',
        code: 'pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\nbutton.click(generate, text, image)',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/torch/patching.py: OFFLOADED_ERROR_MESSAGE, _pack.',
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const fn of plainHandlers(context)) {
      const locals = localNames(fn);
      for (const call of callsIn(fn)) {
        const used = usedOnCuda(context, call);
        const where = `\`${fn.name}\`, an event handler without @spaces.GPU,`;
        if (used && !locals.has(used)) {
          const isSure = !isConditional(call.node, call.file) && !isTried(call.node);
          yield at(
            call.file,
            call.node,
            { what: `\`${used}\`, which lies on CUDA`, where },
            {
              severity: isSure ? 'error' : 'warning',
            },
          );
        } else if (putsOnCuda(context, call) && !isConditional(call.node, call.file)) {
          const what = `\`${short(textOf(call.file, call.node))}\``;
          yield at(call.file, call.node, { what, where }, { severity: 'warning' });
        }
      }
    }
    for (const call of reachableCalls(context)) {
      const used = call.inFunction ? null : usedOnCuda(context, call);
      if (!used || isConditional(call.node, call.file)) continue;
      const data = { what: `\`${used}\`, which lies on CUDA`, where: 'the start of the app' };
      yield at(call.file, call.node, data, { severity: 'warning' });
    }
  },
  words({ what, where }) {
    const isStart = where.startsWith('the start');
    return {
      message: `${where} uses ${what}`,
      note: isStart ? 'it runs on the CPU: the GPU comes with a call' : 'there is no GPU there',
      help: 'use it inside a function decorated with @spaces.GPU',
    };
  },
});

/** The name of the model that a call runs, if it lies on CUDA when the app has started. */
function usedOnCuda(context: RuleContext, { file, node, method }: PyCall): string | null {
  const callee = childOf(node, 'function');
  if (!callee) return null;
  const isDirect = callee.type === 'identifier';
  const object = isDirect ? callee : childOf(callee, 'object');
  if (object?.type !== 'identifier' || (!isDirect && !USES.has(method ?? ''))) return null;
  const name = textOf(file, object);
  return namesOnCuda(context, file).has(name) ? name : null;
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}
