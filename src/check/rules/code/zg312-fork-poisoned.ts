import { defineRule } from '../../rule.js';
import { at, isTried, reachableFiles } from './facts.js';

type Data = { readonly module: string };

const POISON = /^(?:numba\.cuda|nemo|cudf|cuml|cugraph|cuspatial|rmm)(?:\.|$)/;

export const forkPoisoned = defineRule<Data>({
  id: 'ZG312',
  name: 'fork-poisoned',
  severity: 'error',
  summary: 'a module that starts CUDA by itself is imported in the process that forks',
  docs: {
    why: 'Workers are forked from the app. numba.cuda, and what imports it (NeMo, RAPIDS), opens the CUDA driver at import; the fork inherits a driver that does not work, and the call stands at "ZeroGPU init" until its time is over.',
    instead:
      'Set `NUMBA_DISABLE_CUDA=1` before the first import, in the code or in the settings of the Space.',
    notFound: 'A Space that names NUMBA_DISABLE_CUDA anywhere, and imports inside functions.',
    examples: [
      { title: 'Fails', language: 'python', code: 'import spaces\nfrom numba import cuda' },
      {
        title: 'Passes',
        language: 'python',
        code: 'import os\nos.environ["NUMBA_DISABLE_CUDA"] = "1"\nimport spaces',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    const files = reachableFiles(context);
    if (!context.python.importsSpaces) return;
    if (files.some(({ text }) => text.includes('NUMBA_DISABLE_CUDA'))) return;
    for (const file of files) {
      for (const one of file.imports) {
        const module = one.name ? `${one.imported}.${one.name}` : one.imported;
        if (!one.isModuleLevel || one.files.length > 0 || !POISON.test(module)) continue;
        if (one.guard === 'type-checking') continue;
        const severity = isTried(one.node) || one.guard !== 'none' ? 'warning' : 'error';
        yield at(file, one.node, { module }, { severity });
      }
    }
  },
  words({ module }) {
    return {
      message: `${module} opens CUDA in the process that workers are forked from`,
      note: 'calls stand at "ZeroGPU init" until they time out',
      help: 'os.environ["NUMBA_DISABLE_CUDA"] = "1" before the first import',
    };
  },
});
