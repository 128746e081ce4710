import { ancestorsOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableFiles } from './facts.js';

type Data = { readonly what: string };

export const importFallbackStub = defineRule<Data>({
  id: 'ZG314',
  name: 'import-fallback-stub',
  severity: 'info',
  summary: 'a stand-in for the spaces package that is not needed',
  docs: {
    why: "Outside ZeroGPU the package's decorator does nothing, so that a stand-in for machines without it is not needed where it is installed; it drifts from the package.",
    instead: '`pip install spaces` on your own machine as well, and import it plainly.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'try:\n    import spaces\nexcept ImportError:\n    class spaces:\n        @staticmethod\n        def GPU(fn):\n            return fn',
      },
      { title: 'Passes', language: 'python', code: 'import spaces' },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/decorator.py; Hugging Face guidance for authors.',
  },
  *check(context) {
    for (const file of reachableFiles(context)) {
      for (const one of file.imports) {
        if (one.module !== 'spaces' || one.guard !== 'try' || one.files.length > 0) continue;
        const around = [...ancestorsOf(one.node)].find(({ type }) => type === 'try_statement');
        const handler = around?.children.find(({ type }) => type === 'except_clause');
        const body = handler?.children.find(({ type }) => type === 'block');
        const stub = body?.children.find(({ type }) =>
          /^(?:class|function)_definition$/.test(type),
        );
        if (stub) yield at(file, one.node, { what: stub.type.replace('_definition', '') });
      }
    }
  },
  words({ what }) {
    return {
      message: `a ${what} stands in for the spaces package where it is missing`,
      note: 'the package itself does nothing outside ZeroGPU',
      help: 'import spaces plainly, and install it where the app is developed',
    };
  },
});
