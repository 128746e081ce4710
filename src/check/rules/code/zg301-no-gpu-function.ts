import { type GpuFunction, isInside, type PyCall } from '../../../space/python/index.js';
import { defineRule, type RuleContext, type Severity } from '../../rule.js';
import { installed } from '../dependencies/entries.js';
import { textOf } from '../metadata/fields.js';
import { at, meansZeroGpu, reachableFiles } from './facts.js';

type Data = {
  readonly isMeant: boolean;
  /** The function that is decorated too late, in the call of another; null where there is none. */
  readonly late: string | null;
};

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
      'A wrapper of your own that reaches `spaces.GPU`, the call form `spaces.GPU(f)`, and the auto-wrap variable count as decoration. A Space that neither imports nor lists `spaces` gets this as an info, unless `suggested_hardware` names ZeroGPU. A function that is decorated inside another counts where the start of the app calls that one.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'import spaces\n\ndef generate(prompt):\n    return spaces.GPU(pipe)(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'import spaces\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/__init__.py: startup().',
  },
  *check(context) {
    const { app, gpuFunctions } = context.python;
    if (!app || isBeyondReading(context)) return;
    const isMeant = meansZeroGpu(context) || suggestsZeroGpu(context);
    const live = gpuFunctions.filter(({ isReachable }) => isReachable);
    const late = live.filter((gpu) => isMadeLate(context, gpu));
    if (live.length > 0 && late.length === live.length) {
      for (const { file, maker, name } of late) yield at(file, maker, { isMeant, late: name });
      return;
    }
    if (gpuFunctions.length > 0) return;
    for (const file of reachableFiles(context)) {
      const imported = file.imports.find(
        ({ module, files }) => /^spaces(?:\.|$)/.test(module) && files.length === 0,
      );
      if (!imported) continue;
      yield at(file, imported.node, { isMeant, late: null });
      return;
    }
    yield {
      file: app.path,
      range: null,
      data: { isMeant, late: null },
      severity: severityOf(context),
    };
  },
  words({ isMeant, late }) {
    const stopped = 'the platform stops it: "No @spaces.GPU function detected during startup"';
    if (late !== null) {
      return {
        message: `\`${late}\` is decorated inside another function, which the start of the app does not call`,
        note: stopped,
        help: 'put the decorated function at module level',
      };
    }
    return {
      message: 'no function is decorated with @spaces.GPU',
      note: isMeant ? stopped : 'without one the Space never gets a GPU',
      help: 'put @spaces.GPU on the function that uses the model',
    };
  },
});

/** Listed and not imported: a frozen list of what was installed says little of what is meant. */
function severityOf(context: RuleContext): Severity {
  if (suggestsZeroGpu(context)) return 'error';
  const [listed] = installed(context, 'spaces');
  if (!listed) return 'info';
  return listed.specifier.includes('==') ? 'warning' : 'error';
}

/** The front matter asks for ZeroGPU hardware: that is what the Space is meant for. */
function suggestsZeroGpu({ space }: RuleContext): boolean {
  return /^zero(?:-|gpu|$)/i.test(textOf(space, 'suggested_hardware') ?? '');
}

/** Whether a GPU function is made when another function is called, and nothing calls that at start-up. */
function isMadeLate({ python }: RuleContext, { file, maker }: GpuFunction): boolean {
  const owner = file.functions.findLast(({ body }) => body !== null && isInside(maker, body));
  return owner !== undefined && !python.calledAtStart.has(owner);
}

/** `@(lambda f: spaces.GPU(duration=30)(f))`: what it decorates is not followed. */
function isInLambda({ callee, inFunction }: PyCall): boolean {
  return callee === 'spaces.GPU' && inFunction?.node.type === 'lambda';
}

function isBeyondReading(context: RuleContext): boolean {
  return reachableFiles(context).some(
    (file) =>
      UNREADABLE.test(file.text) ||
      file.calls.some(isInLambda) ||
      (context.python.syntaxErrorsOf(file).length > 0 && /\bGPU\b/.test(file.text)),
  );
}
