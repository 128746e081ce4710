import { defineRule } from '../../rule.js';
import { at } from './facts.js';

type Data = { readonly function: string; readonly app: string };

export const gpuFunctionUnreachable = defineRule<Data>({
  id: 'ZG302',
  name: 'gpu-function-unreachable',
  severity: 'warning',
  summary: '@spaces.GPU stands only in files that the app never imports',
  docs: {
    why: 'What the app does not import is never run, so nothing is decorated when it starts: the effect is that of ZG301.',
    instead: 'Import the module in the app file, or set `app_file` to the file that is meant.',
    notFound: 'Modules that are loaded under a name that is made while the app runs.',
    examples: [
      {
        title: 'Fails in other.py, when app.py does not import it',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      { title: 'Passes in app.py', language: 'python', code: 'from other import generate' },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/__init__.py: startup(); real Spaces.',
  },
  asksUnreached: true,
  *check({ python }) {
    if (!python.app || python.gpuFunctions.some(({ isReachable }) => isReachable)) return;
    for (const { file, maker, name } of python.gpuFunctions) {
      yield at(file, maker, { function: name, app: python.app.path });
    }
  },
  words({ function: name, app }) {
    return {
      message: `\`${name}\` gets the GPU in a file that ${app} never imports`,
      help: `import it in ${app}, or point app_file at the file that is meant`,
    };
  },
});
