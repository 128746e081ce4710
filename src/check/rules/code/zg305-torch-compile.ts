import {
  childOf,
  isInside,
  type PyCall,
  type PyFunction,
  type PyNode,
  type PythonFile,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type Fix, type RuleContext } from '../../rule.js';
import { removeLine, replaceNode, unsafe } from './edits.js';
import { assignments, at, isTried, LOADERS, reachableFiles } from './facts.js';

type Data = { readonly how: string; readonly isSure: boolean };

const SWITCHED_OFF =
  /TORCHDYNAMO_DISABLE["']?\]?\s*(?:=|,)\s*["']1|TORCH_COMPILE_DISABLE["']?\]?\s*(?:=|,)\s*["']1|_dynamo\.config\.disable\s*=\s*True/;
const KEYWORDS = new Set(['mode', 'fullgraph', 'dynamic', 'backend', 'options', 'disable']);

export const torchCompile = defineRule<Data>({
  id: 'ZG305',
  name: 'torch-compile',
  severity: 'error',
  summary: 'torch.compile is not supported on ZeroGPU',
  docs: {
    why: `\`torch.compile\` compiles at the first call, in the process that makes it. On ZeroGPU that process is a worker
which is forked for a call and lost afterwards: the visitor's GPU seconds go into compiling, again and again. The
platform does not support it.`,
    instead:
      'Compile ahead of time with `spaces.aoti_capture`, `torch.export` and `spaces.aoti_compile` (torch 2.8 and later).',
    notFound:
      '`re.compile`, code under `TORCHDYNAMO_DISABLE=1` where the app executes that line, `disable=True`, and functions that nothing calls. Behind a condition it is a warning.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'pipe.transformer = torch.compile(pipe.transformer)\npipe.vae.compile()',
      },
      {
        title: 'Passes: ahead of time',
        language: 'python',
        code: '@spaces.GPU(duration=1500)\ndef compile_transformer():\n    with spaces.aoti_capture(pipe.transformer) as call:\n        pipe("an example")\n    exported = torch.export.export(pipe.transformer, args=call.args, kwargs=call.kwargs)\n    return spaces.aoti_compile(exported)\n\nspaces.aoti_apply(compile_transformer(), pipe.transformer)',
      },
    ],
    evidence: 'Hugging Face documentation, page "Spaces ZeroGPU" (2025-11-05).',
  },
  *check(context) {
    const files = reachableFiles(context);
    if (!context.python.importsSpaces || files.some((file) => isSwitchedOff(context, file))) return;
    for (const file of files) {
      for (const call of file.calls) {
        const how = compiles(context, call);
        if (!how || isDisabled(call) || isOfUncalled(context, call)) continue;
        const isSure = isReached(context, file, call);
        const severity = isSure ? 'error' : 'warning';
        yield at(file, call.node, { how, isSure }, { severity, ...unsafe(withoutCompile(call)) });
      }
      for (const fn of file.functions) {
        for (const one of fn.decorators) {
          if (
            one.type === 'call' ||
            isUncalled(context, fn) ||
            context.python.nameOf(file, one) !== 'torch.compile'
          )
            continue;
          const isSure =
            context.python.onGpu.has(fn) && !context.python.isConditional(file, fn.node);
          const severity = isSure ? 'error' : 'warning';
          yield at(file, one, { how: '@torch.compile', isSure }, { severity });
        }
      }
    }
  },
  words({ how, isSure }) {
    return {
      message: `${how} is not supported on ZeroGPU`,
      note: isSure ? 'each worker would compile again' : 'it must not be reached there',
      help: 'compile ahead of time: spaces.aoti_compile (torch 2.8 and later)',
    };
  },
});

/** What is compiled instead of the call: `net = torch.compile(Net())` as `net = Net()`. */
function withoutCompile({ file, node, callee, positional }: PyCall): Fix | undefined {
  const [module] = positional;
  const isPlain = callee === 'torch.compile' && positional.length === 1 && module !== undefined;
  if (!isPlain || node.parent?.type === 'decorator') return undefined;
  const left = node.parent?.type === 'assignment' ? childOf(node.parent, 'left') : null;
  const isItself = left !== null && textOf(file, left) === textOf(file, module);
  if (!isItself) return replaceNode(file, node, textOf(file, module));
  const statement = node.parent?.parent;
  return statement?.type === 'expression_statement' ? removeLine(file, statement) : undefined;
}

/** Whether a statement that the app executes turns the compiler off. */
function isSwitchedOff({ python }: RuleContext, file: PythonFile): boolean {
  const match = SWITCHED_OFF.exec(file.text);
  if (!match) return false;
  const owner = file.functions.findLast(
    ({ node }) => node.start <= match.index && match.index < node.end,
  );
  if (owner) return python.calledAtStart.has(owner);
  const statement = file.root.children.find(
    ({ start, end }) => start <= match.index && match.index < end,
  );
  return statement !== undefined && python.executionOf(file, statement) === 'executed';
}

/** Whether a decorator in its call form is above a function that nothing calls. */
function isOfUncalled(context: RuleContext, { file, node }: PyCall): boolean {
  if (node.parent?.type !== 'decorator') return false;
  const fn = file.functions.find(({ decorators }) => decorators.includes(node));
  return fn !== undefined && isUncalled(context, fn);
}

function isUncalled({ python }: RuleContext, fn: PyFunction): boolean {
  return fn.body !== null && python.executionOf(fn.file, fn.body) !== 'executed';
}

function compiles(context: RuleContext, call: PyCall): string | null {
  if (call.callee === 'torch.compile') return 'torch.compile';
  if (call.method === 'compile_repeated_blocks') return '.compile_repeated_blocks()';
  if (call.method !== 'compile' || call.positional.length > 0) return null;
  if ([...call.keywords.keys()].some((name) => !KEYWORDS.has(name))) return null;
  const callee = childOf(call.node, 'function');
  let object: PyNode | null = callee && childOf(callee, 'object');
  while (object?.type === 'attribute') object = childOf(object, 'object');
  if (object?.type !== 'identifier') return null;
  const isModule = isModel(call.file, object) || isTorchModule(context, call.file, object);
  return isModule ? '.compile() of a module' : null;
}

/** Whether a name stands for something loaded from the Hub: others have a `compile` of their own. */
function isModel(file: PythonFile, object: PyNode): boolean {
  return assignments(file, textOf(file, object)).some((value) => {
    const calls = file.calls.filter(
      ({ node }) => node.start >= value.start && node.end <= value.end,
    );
    return calls.some(
      ({ callee, method }) => LOADERS.test(callee ?? '') || method === 'from_pretrained',
    );
  });
}

/** `torch.nn.Linear(…)`, or an instance of a class of the Space that derives from `torch.nn.Module`. */
function isTorchModule({ python }: RuleContext, file: PythonFile, object: PyNode): boolean {
  const ofClass = python.classOf(file, object);
  const isDerived = ofClass?.bases.some((base) =>
    /(?:^|\.)nn\.Module$|PreTrainedModel$/.test(python.nameOf(ofClass.file, base) ?? ''),
  );
  if (isDerived) return true;
  return python
    .valuesOf(file, object)
    .some(({ file: from, node }) =>
      from.calls.some(
        (call) => isInside(call.node, node) && /^torch\.nn\.[A-Z]/.test(call.callee ?? ''),
      ),
    );
}

function isDisabled({ file, keywords }: PyCall): boolean {
  const disable = keywords.get('disable');
  return disable !== undefined && textOf(file, disable) !== 'False';
}

/** Reached whatever the environment says: at import, or in a GPU function or handler. */
function isReached({ python }: RuleContext, file: PythonFile, call: PyCall): boolean {
  if (python.isConditional(file, call.node) || isTried(call.node)) return false;
  const fn = call.inFunction;
  if (!fn) return true;
  return python.onGpu.has(fn) || python.handlers.some(({ function: one }) => one === fn);
}
