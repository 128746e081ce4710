import { type PyCall, type PyFunction, textOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { CUDA_TABLE_SOURCE, cudaRefusal } from '../../tables/main-process-cuda.js';
import { cudaMoveOf, cudaRowOf } from './cuda-calls.js';
import { at, isTried, reachableCalls } from './facts.js';
import { threadFunctions, visitorFunctions } from './flow.js';

type Data = {
  readonly call: string;
  readonly place: 'start' | 'thread' | 'handler' | 'function';
  readonly error: string;
};

export const cudaInMainProcess = defineRule<Data>({
  id: 'ZG345',
  name: 'cuda-in-main-process',
  severity: 'error',
  summary: 'a CUDA call that the emulation of the main process does not cover',
  docs: {
    why: `Outside GPU functions there is no driver. The \`spaces\` package emulates what placing a model needs: tensors on
CUDA, and questions for the device. Streams, events, generators, graphs, \`set_device\`, resetting memory statistics and
\`set_default_device("cuda")\` are not emulated and raise. The emulation of tensors is the main thread's alone: in a
thread that is started at start-up, and in the threads in which handlers run, \`.to("cuda")\` raises as well.`,
    instead:
      'Make such a call inside a function decorated with @spaces.GPU; place models in the main thread, at module level.',
    notFound:
      '`empty_cache`, `synchronize`, `manual_seed`, `mem_get_info`, `memory_allocated`, `is_bf16_supported` and the like are answered. Behind a condition, and in functions for which no caller is found, it is a warning; functions that a GPU function may reach by their name are left out.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'import spaces\nimport torch\n\ngenerator = torch.Generator(device="cuda").manual_seed(0)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef run(seed):\n    generator = torch.Generator(device="cuda").manual_seed(seed)\n    return pipe(generator=generator).images[0]',
      },
    ],
    evidence: `Every call of torch.cuda was tried with ${CUDA_TABLE_SOURCE}; spaces/zero/torch/patching.py.`,
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const call of reachableCalls(context)) {
      const { file, node, inFunction } = call;
      if (inFunction && context.python.onGpu.has(inFunction)) continue;
      const place = placeOf(context, inFunction);
      // What GPU functions may reach, and nothing else is known to.
      if (place === 'function' && inFunction && context.python.mayRunOnGpu(inFunction)) continue;
      const row =
        cudaRowOf(context, call) ?? (place === 'thread' ? cudaMoveOf(context, call) : null);
      const error = row ? cudaRefusal(row, place === 'start' ? 'start' : 'thread') : null;
      if (!row || error === null) continue;
      const isSure =
        place !== 'function' && !context.python.isConditional(file, node) && !isCaught(call, place);
      const data = { call: shown(call), place, error };
      yield at(file, node, data, { severity: isSure ? 'error' : 'warning' });
    }
  },
  words({ call, place, error }) {
    const where = {
      start: 'while the app starts',
      thread: 'in a thread of the main process',
      handler: 'in a handler without @spaces.GPU',
      function: 'outside a GPU function',
    }[place];
    return {
      message: `\`${call}\` runs ${where}, where it is not emulated`,
      note: `"${error}"`,
      help: 'call it inside a function decorated with @spaces.GPU',
    };
  },
});

/** Where the body of a function runs; at module level it is the start. */
function placeOf(context: RuleContext, fn: PyFunction | null): Data['place'] {
  if (fn === null) return 'start';
  if (threadFunctions(context).has(fn)) return 'thread';
  if (visitorFunctions(context).has(fn)) return 'handler';
  return context.python.calledAtStart.has(fn) ? 'start' : 'function';
}

/** What a thread catches, it catches for good: the app continues without its model. */
function isCaught({ node }: PyCall, place: Data['place']): boolean {
  return place !== 'thread' && isTried(node);
}

function shown({ file, node }: PyCall): string {
  const text = textOf(file, node).replaceAll(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
