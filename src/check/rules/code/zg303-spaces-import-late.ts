import {
  nodesIn,
  type PyNode,
  type PythonFile,
  type PythonModel,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, isConditional, isTried, putsOnCuda } from './facts.js';

type Data = { readonly what: string; readonly isCertain: boolean };

/** These start CUDA in the process, whatever comes of it. */
const STARTS =
  /^torch\.cuda\.(?:init|set_device|Stream|Event|mem_get_info|memory_allocated|synchronize|current_device|get_device_name|get_device_properties|get_device_capability|empty_cache)$/;
const ASKS = /^torch\.cuda\.(?:is_available|device_count|is_bf16_supported)$/;

export const spacesImportLate = defineRule<Data>({
  id: 'ZG303',
  name: 'spaces-import-late',
  severity: 'error',
  summary: 'CUDA is used before `import spaces`',
  docs: {
    why: `\`import spaces\` is what makes CUDA look present outside GPU functions. Before it there is no GPU: moving a
model raises, and a process in which CUDA was started is refused with "CUDA has been initialized before
importing the \`spaces\` package".`,
    instead: 'Import spaces first, above torch and everything that uses it.',
    notFound:
      '`import torch` before spaces alone is fine. `torch.cuda.is_available()` before it is a warning: it is false there, so that a model stays on the CPU.',
    examples: [
      {
        title: 'The order that works',
        language: 'python',
        code: 'import spaces\nimport torch\n\nmodel = Model().to("cuda")',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/__init__.py: is_in_bad_fork().',
  },
  *check(context) {
    const { app } = context.python;
    if (!app || !context.python.importsSpaces) return;
    const before = beforeSpaces(context.python, app);
    for (const { file, node } of before ?? []) {
      const found = usageOf(context, file, node);
      if (!found) continue;
      const severity = found.isCertain ? 'error' : 'warning';
      yield at(file, node, found, { severity });
    }
  },
  words({ what, isCertain }) {
    return {
      message: `${what} comes before \`import spaces\``,
      note: isCertain ? 'there is no GPU before it' : 'it is false before it, and true after it',
      help: 'move `import spaces` to the top of the app file',
    };
  },
});

interface Step {
  readonly file: PythonFile;
  readonly node: PyNode;
}

/** Calls that run before the package is imported, in that order; null when it never is at import. */
function beforeSpaces(python: PythonModel, app: PythonFile): readonly Step[] | null {
  const steps: Step[] = [];
  const seen = new Set<PythonFile>();
  const byPath = new Map(python.files.map((file) => [file.path, file]));
  // Modules nest as imports do; a stack of what is still to come of each.
  const open: Iterator<PyNode>[] = [];
  const files: PythonFile[] = [];
  const enter = (file: PythonFile) => {
    if (seen.has(file)) return;
    seen.add(file);
    files.push(file);
    open.push(
      nodesIn(file.root, ({ type }) => type !== 'function_definition' && type !== 'lambda'),
    );
  };
  enter(app);
  while (open.length > 0) {
    const next = open.at(-1)?.next();
    const file = files.at(-1);
    if (!next || next.done || !file) {
      open.pop();
      files.pop();
      continue;
    }
    const node = next.value;
    if (node.type === 'call') steps.push({ file, node });
    if (node.type !== 'import_statement' && node.type !== 'import_from_statement') continue;
    const imports = file.imports.filter((one) => one.node === node);
    if (imports.some((one) => one.files.length === 0 && /^spaces(?:\.|$)/.test(one.module))) {
      return steps;
    }
    for (const path of [...new Set(imports.flatMap((one) => one.files))].reverse()) {
      const inner = byPath.get(path);
      if (inner) enter(inner);
    }
  }
  return null;
}

function usageOf(context: RuleContext, file: PythonFile, node: PyNode): Data | null {
  const call = file.calls.find((one) => one.node === node);
  if (!call) return null;
  const what = `\`${textOf(file, node).replaceAll(/\s+/g, ' ').slice(0, 60)}\``;
  if (ASKS.test(call.callee ?? '')) return { what: `\`${call.callee}()\``, isCertain: false };
  if (isConditional(node, file) || isTried(node)) return null;
  if (STARTS.test(call.callee ?? '')) return { what: `\`${call.callee}()\``, isCertain: true };
  // A device that was chosen by is_available() is the CPU here.
  const isLiteral = /["']cuda(?::\d+)?["']|\.cuda\(\)$/.test(textOf(file, node));
  return isLiteral && putsOnCuda(context, call) ? { what, isCertain: true } : null;
}
