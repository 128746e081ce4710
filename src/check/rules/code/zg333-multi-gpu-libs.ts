import { defineRule } from '../../rule.js';
import { at, isTried, reachableCalls } from './facts.js';

type Data = { readonly what: string };

const ERRORS = new Set([
  'torch.nn.parallel.DistributedDataParallel',
  'torch.distributed.init_process_group',
  'deepspeed.init_distributed',
]);
const WARNINGS = new Set([
  'torch.nn.DataParallel',
  'torch.nn.parallel.DataParallel',
  'deepspeed.initialize',
  'deepspeed.init_inference',
]);

export const multiGpuLibs = defineRule<Data>({
  id: 'ZG333',
  name: 'multi-gpu-libs',
  severity: 'error',
  summary: 'a library for several GPUs is used, and a call has one',
  docs: {
    why: 'A call has one slice of one GPU. What spreads a model over several finds no second device, and what starts a process for each may start none.',
    instead: 'Run the model on the one device; several visitors are served by several calls.',
    notFound:
      'Behind a condition (`if torch.cuda.device_count() > 1`) it is not reached. `DataParallel` with one device does nothing: a warning.',
    examples: [
      { title: 'Fails', language: 'python', code: 'model = torch.nn.DataParallel(model)' },
      { title: 'Passes', language: 'python', code: 'model = model.to("cuda")' },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces ZeroGPU" (2025-11-05); spaces 0.51.3, patching.py: device_count.',
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const { file, node, callee, keywords, inFunction } of reachableCalls(context)) {
      if (context.python.isConditional(file, node)) continue;
      const isReached = inFunction === null || context.python.onGpu.has(inFunction);
      if (ERRORS.has(callee ?? '') && callee) {
        const severity = isReached && !isTried(node) ? 'error' : 'warning';
        yield at(file, node, { what: callee }, { severity });
      } else if (WARNINGS.has(callee ?? '') && callee) {
        yield at(file, node, { what: callee }, { severity: 'warning' });
      }
      const parallel = keywords.get('tensor_parallel_size');
      const count = parallel ? context.python.numberOf(file, parallel) : null;
      if (parallel && count !== null && count > 1) {
        const severity = isReached ? 'error' : 'warning';
        yield at(file, parallel, { what: `tensor_parallel_size=${count}` }, { severity });
      }
    }
  },
  words({ what }) {
    return {
      message: `${what} is for several GPUs, and a call has one`,
      help: 'run the model on the one device',
    };
  },
});
