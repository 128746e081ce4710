import { defineRule, type RuleContext, type Severity } from '../../rule.js';
import { installed } from '../dependencies/entries.js';
import { at, meansZeroGpu, reachableFiles } from './facts.js';

type Data = { readonly isMeant: boolean };

/** Ways to a GPU function, or to other code, that no reader of files can follow. */
const UNREADABLE =
  /SPACES_GRADIO_AUTO_WRAP|gradio_auto_wrap|\bexec\s*\(|\brunpy\b|os\.exec[vl]|gr\.load\(/;

export const noGpuFunction = defineRule<Data>({
  id: 'ZG301',
  name: 'no-gpu-function',
  severity: 'error',
  summary: 'nothing in the app is decorated with @spaces.GPU',
  docs: {
    why: `A Space on ZeroGPU has a GPU only while a function decorated with \`@spaces.GPU\` runs. With none, the
package sends no start-up report, and the platform stops the Space with "No @spaces.GPU function detected
during startup".`,
    instead: 'Decorate the function that uses the model.',
    notFound:
      'A wrapper of your own that reaches `spaces.GPU`, the call form `spaces.GPU(f)`, and the auto-wrap variable count as decoration. A Space that neither imports nor lists `spaces` gets this as an info.',
    examples: [
      {
        title: 'A function that gets the GPU',
        language: 'python',
        code: 'import spaces\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/__init__.py: startup().',
  },
  *check(context) {
    const { app, gpuFunctions } = context.python;
    if (!app || gpuFunctions.length > 0 || isBeyondReading(context)) return;
    const isMeant = meansZeroGpu(context);
    for (const file of reachableFiles(context)) {
      const imported = file.imports.find(
        ({ module, files }) => /^spaces(?:\.|$)/.test(module) && files.length === 0,
      );
      if (!imported) continue;
      yield at(file, imported.node, { isMeant });
      return;
    }
    yield { file: app.path, range: null, data: { isMeant }, severity: severityOf(context) };
  },
  words({ isMeant }) {
    return {
      message: 'no function is decorated with @spaces.GPU',
      note: isMeant
        ? 'the platform stops it: "No @spaces.GPU function detected during startup"'
        : 'without one the Space never gets a GPU',
      help: 'put @spaces.GPU on the function that uses the model',
    };
  },
});

/** Listed and not imported: a frozen list of what was installed says little of what is meant. */
function severityOf(context: RuleContext): Severity {
  const [listed] = installed(context, 'spaces');
  if (!listed) return 'info';
  return listed.specifier.includes('==') ? 'warning' : 'error';
}

function isBeyondReading(context: RuleContext): boolean {
  return reachableFiles(context).some(
    (file) =>
      UNREADABLE.test(file.text) ||
      (context.python.syntaxErrorsOf(file).length > 0 && /\bGPU\b/.test(file.text)),
  );
}
