import {
  childOf,
  nodesOfBody,
  type PyCall,
  type PyFunction,
  type PyNode,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type Found, type RuleContext } from '../../rule.js';
import { CUDA_TABLE_SOURCE } from '../../tables/main-process-cuda.js';
import { cudaMoveOf } from './cuda-calls.js';
import { at, callsIn, isTried, localNames, reachableCalls } from './facts.js';
import { threadFunctions, visitorFunctions } from './flow.js';
import { kindOnCuda } from './on-cuda.js';

type Data = {
  readonly what: string;
  readonly function: string | null;
  /** What happens: it raises, it computes with zeros, or it runs on the CPU at start-up. */
  readonly effect: 'raises' | 'zeros' | 'cpu';
};

const USES = new Set([
  'generate',
  'forward',
  'encode',
  'encode_image',
  'encode_text',
  'predict',
  'transcribe',
  'state_dict',
]);
/** What a tensor answers without its data. */
const WITHOUT_DATA = new Set(['shape', 'dtype', 'ndim', 'size', 'dim', 'requires_grad', 'numel']);

export const cudaOutsideGpuFunction = defineRule<Data>({
  id: 'ZG304',
  name: 'cuda-outside-gpu-function',
  severity: 'error',
  summary: 'CUDA is used in an event handler that is not a GPU function',
  docs: {
    why: `Handlers run in threads of the app's own process, where the \`spaces\` package does not emulate CUDA tensors:
\`.to("cuda")\` there raises "Low-level CUDA init reached". What is already on CUDA has no data there: the package
packs it to disk when the app starts, and a handler that reads such a tensor or calls such a model computes with zeros.
No exception is raised: the answer is silently wrong. At import, before the pack, the same call runs on the CPU, however
long that takes.`,
    instead:
      'Decorate the function that Gradio calls, or put the use into a decorated function that it calls.',
    notFound:
      'Moving a model to CUDA at import is the documented way. Questions such as `torch.cuda.is_available()` are answered everywhere, and so are the shape and the type of a tensor.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\nbutton.click(generate, text, image)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\nbutton.click(generate, text, image)',
      },
    ],
    evidence: `Tried with ${CUDA_TABLE_SOURCE}: tensors and modules in another thread, before and after the pack; spaces/zero/torch/patching.py: _pack, enter_mode.`,
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const fn of visitorFunctions(context)) {
      if (!fn.file.isReachable || context.python.onGpu.has(fn)) continue;
      // The rule on threads has these.
      if (!threadFunctions(context).has(fn)) yield* movesIn(context, fn);
      yield* usesIn(context, fn);
    }
    for (const call of reachableCalls(context)) {
      const used = call.inFunction ? null : usedModel(context, call);
      if (!used || context.python.isConditional(call.file, call.node)) continue;
      yield at(
        call.file,
        call.node,
        { what: `\`${used}\``, function: null, effect: 'cpu' },
        { severity: 'warning' },
      );
    }
  },
  words({ what, function: name, effect }) {
    const help = 'use it inside a function decorated with @spaces.GPU';
    const who = `\`${name}\`, an event handler without @spaces.GPU,`;
    switch (effect) {
      case 'cpu':
        return {
          message: `the start of the app uses ${what}, which is on CUDA`,
          note: 'it runs on the CPU: the GPU comes with a call',
          help,
        };
      case 'zeros':
        return {
          message: `${who} uses ${what}, which is on CUDA`,
          note: 'silently wrong: outside GPU functions it holds zeros',
          help,
        };
      case 'raises':
        return {
          message: `${who} uses ${what}`,
          note: 'it raises "Low-level CUDA init (`torch._C._cuda_init`) reached"',
          help,
        };
    }
  },
});

function* movesIn(context: RuleContext, fn: PyFunction): Generator<Found<Data>> {
  for (const call of callsIn(fn)) {
    const { file, node } = call;
    if (cudaMoveOf(context, call) === null) continue;
    const isSure = !context.python.isConditional(file, node) && !isTried(node);
    const data: Data = {
      what: `\`${short(textOf(file, node))}\``,
      function: fn.name,
      effect: 'raises',
    };
    yield at(file, node, data, { severity: isSure ? 'error' : 'warning' });
  }
}

function* usesIn(context: RuleContext, fn: PyFunction): Generator<Found<Data>> {
  const locals = localNames(fn);
  const seen = new Set<string>();
  for (const call of callsIn(fn)) {
    const used = usedModel(context, call);
    if (!used || locals.has(used) || seen.has(used)) continue;
    seen.add(used);
    const data: Data = { what: `\`${used}\``, function: fn.name, effect: 'zeros' };
    yield at(call.file, call.node, data, { severity: 'warning' });
  }
  for (const node of fn.body ? nodesOfBody(fn.body) : []) {
    if (node.type !== 'identifier' || node.field === 'attribute' || node.field === 'name') continue;
    const name = textOf(fn.file, node);
    if (seen.has(name) || locals.has(name) || !isRead(context, fn, node)) continue;
    if (kindOnCuda(context, fn.file, node) !== 'tensor') continue;
    seen.add(name);
    const data: Data = { what: `\`${name}\``, function: fn.name, effect: 'zeros' };
    yield at(fn.file, node, data, { severity: 'warning' });
  }
}

/** Whether the data of a tensor is asked for: not its shape, and not to hand it to a GPU function. */
function isRead(context: RuleContext, fn: PyFunction, node: PyNode): boolean {
  const { parent } = node;
  if (!parent || node.field === 'left') return false;
  if (parent.type === 'attribute') {
    const attribute = childOf(parent, 'attribute');
    return !attribute || !WITHOUT_DATA.has(textOf(fn.file, attribute));
  }
  const call = parent.type === 'argument_list' ? parent.parent : null;
  const callee = call?.type === 'call' ? childOf(call, 'function') : null;
  return callee === null || context.python.gpuFunctionOf(fn.file, callee) === null;
}

/** The name of the model that a call runs, if it is on CUDA when the app has started. */
function usedModel(context: RuleContext, { file, node, method }: PyCall): string | null {
  const callee = childOf(node, 'function');
  if (!callee) return null;
  const isMethod = callee.type === 'attribute' && USES.has(method ?? '');
  const object = isMethod ? childOf(callee, 'object') : callee;
  if (!object) return null;
  return kindOnCuda(context, file, object) === 'module' ? textOf(file, object) : null;
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}
