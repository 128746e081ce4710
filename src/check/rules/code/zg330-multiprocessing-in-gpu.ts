import { defineRule } from '../../rule.js';
import { at, gpuCalls, isTried } from './facts.js';

type Data = { readonly what: string };

const STARTERS =
  /^(?:multiprocessing|torch\.multiprocessing)\.(?:Process|Pool|spawn|Manager)$|^concurrent\.futures\.ProcessPoolExecutor$/;

export const multiprocessingInGpu = defineRule<Data>({
  id: 'ZG330',
  name: 'multiprocessing-in-gpu',
  severity: 'error',
  summary: 'processes are started inside a GPU function',
  docs: {
    why: 'The worker is a daemonic process: "daemonic processes are not allowed to have children".',
    instead: 'Threads, or `num_workers=0` for a DataLoader.',
    notFound: 'Programs that are started by `subprocess`.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(batch):\n    with multiprocessing.Pool(4) as pool:\n        return pool.map(work, batch)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(batch):\n    with ThreadPoolExecutor(4) as pool:\n        return list(pool.map(work, batch))',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: Process(daemon=True).',
  },
  *check(context) {
    for (const { file, node, callee, keywords, method } of gpuCalls(context)) {
      const isSure = !context.python.isConditional(file, node) && !isTried(node);
      const severity = isSure ? ('error' as const) : ('warning' as const);
      if (STARTERS.test(callee ?? '')) yield at(file, node, { what: callee ?? '' }, { severity });
      const workers = keywords.get('num_workers');
      const isLoader = callee === 'torch.utils.data.DataLoader' || method === 'DataLoader';
      if (!workers || !isLoader) continue;
      const count = context.python.numberOf(file, workers);
      if (count !== null && count > 0)
        yield at(file, workers, { what: `num_workers=${count}` }, { severity });
    }
  },
  words({ what }) {
    return {
      message: `${what} starts processes inside a GPU function`,
      note: '"daemonic processes are not allowed to have children"',
      help: what.startsWith('num_workers') ? 'num_workers=0' : 'use threads',
    };
  },
});
