import {
  childOf,
  nodesIn,
  type PyFunction,
  type PyImport,
  type PyNode,
  type PythonFile,
  type PythonModel,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { startsCudaAtImport } from '../../tables/cuda-at-import.js';
import { CUDA_TABLE_SOURCE, cudaRefusal } from '../../tables/main-process-cuda.js';
import { cudaMoveOf, cudaRowOf } from './cuda-calls.js';
import { moveToTop } from './edits.js';
import { at, callsIn, isTried } from './facts.js';

type Data = {
  readonly what: string;
  readonly isImport: boolean;
  /** Null where the call itself works, and `import spaces` fails for it. */
  readonly error: string | null;
};

export const spacesImportLate = defineRule<Data>({
  id: 'ZG303',
  name: 'spaces-import-late',
  severity: 'error',
  summary: 'CUDA is used before `import spaces`',
  docs: {
    why: `\`import spaces\` is what makes CUDA look present outside GPU functions. Before it there is no driver: moving a
model raises "Found no NVIDIA driver", and \`torch.cuda.is_available()\` is false. Both start CUDA's library in the
process, so that \`import spaces\` then raises "CUDA has been initialized before importing the \`spaces\` package". Some
packages ask such questions when they are imported: bitsandbytes and diffusers do, transformers, accelerate and gradio
do not.`,
    instead: 'Import spaces first, above torch and everything that uses it.',
    notFound:
      '`import torch` before spaces alone is fine. A package that asks for CUDA at import is a warning, because releases differ; so is a call behind a condition.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'import torch\n\ndevice = "cuda" if torch.cuda.is_available() else "cpu"\n\nimport spaces',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'import spaces\nimport torch\n\nmodel = Model().to("cuda")',
      },
    ],
    evidence: `spaces 0.51.3 (PyPI), spaces/zero/__init__.py: is_in_bad_fork(); every call and package was tried with ${CUDA_TABLE_SOURCE}.`,
  },
  *check(context) {
    const { app } = context.python;
    if (!app || !context.python.importsSpaces) return;
    const before = beforeSpaces(context.python, app);
    if (!before) return;
    const fix = moveToTop(before.spaces.file, before.spaces.node);
    for (const step of before.steps) {
      const found = usageOf(context, step);
      if (!found) continue;
      const { isSure, ...data } = found;
      const isHere = step.file === before.spaces.file;
      yield at(step.file, step.node, data, {
        severity: isSure ? 'error' : 'warning',
        ...(fix && isHere ? { fix } : {}),
      });
    }
  },
  words({ what, isImport, error }) {
    const raises = '"CUDA has been initialized before importing the `spaces` package"';
    return {
      message: isImport
        ? `${what} starts CUDA when it is imported, before \`import spaces\``
        : `${what} comes before \`import spaces\``,
      note: error === null ? `\`import spaces\` then raises ${raises}` : `it raises "${error}"`,
      help: 'move `import spaces` to the top of the app file',
    };
  },
});

interface Step {
  readonly file: PythonFile;
  /** A call, or an import statement. */
  readonly node: PyNode;
}

interface Before {
  readonly steps: readonly Step[];
  /** The import of the package. */
  readonly spaces: Step;
}

/** What runs before the package is imported, in that order; null when it never is at import. */
function beforeSpaces(python: PythonModel, app: PythonFile): Before | null {
  const steps: Step[] = [];
  const entered = new Set<PyFunction>();
  const enterFunction = (file: PythonFile, call: PyNode) => {
    const callee = childOf(call, 'function');
    const fn = callee && python.functionOf(file, callee);
    if (!fn || entered.has(fn)) return;
    entered.add(fn);
    for (const inner of callsIn(fn)) {
      steps.push({ file: fn.file, node: inner.node });
      enterFunction(fn.file, inner.node);
    }
  };
  const seen = new Set<PythonFile>();
  const byPath = new Map(python.files.map((file) => [file.path, file]));
  // Modules nest as imports do; a stack of what is still to come of each.
  const open: Iterator<PyNode>[] = [];
  const files: PythonFile[] = [];
  const enter = (file: PythonFile) => {
    if (seen.has(file)) return;
    seen.add(file);
    files.push(file);
    const isEntered = ({ type }: PyNode) => type !== 'function_definition' && type !== 'lambda';
    open.push(nodesIn(file.root, isEntered)[Symbol.iterator]());
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
    if (node.type === 'call') {
      steps.push({ file, node });
      enterFunction(file, node);
    }
    if (node.type !== 'import_statement' && node.type !== 'import_from_statement') continue;
    const imports = file.imports.filter((one) => one.node === node);
    if (imports.some((one) => one.files.length === 0 && /^spaces(?:\.|$)/.test(one.module))) {
      return { steps, spaces: { file, node } };
    }
    steps.push({ file, node });
    for (const path of [...new Set(imports.flatMap((one) => one.files))].reverse()) {
      const inner = byPath.get(path);
      if (inner) enter(inner);
    }
  }
  return null;
}

function usageOf(
  context: RuleContext,
  { file, node }: Step,
): (Data & { readonly isSure: boolean }) | null {
  if (node.type !== 'call') return importOf(file, node);
  const call = file.calls.find((one) => one.node === node);
  const row = call && (cudaRowOf(context, call) ?? cudaMoveOf(context, call));
  const error = row ? cudaRefusal(row, 'before') : null;
  if (!call || !row || error === null) return null;
  const isMove = row === '.to("cuda")' || row === '.cuda()' || row.endsWith('(device="cuda")');
  // A device that was chosen by is_available() is the CPU here.
  if (isMove && !/["']cuda(?::\d+)?["']|\.cuda\(\)$/.test(textOf(file, node))) return null;
  const what = isMove
    ? `\`${textOf(file, node).replaceAll(/\s+/g, ' ').slice(0, 60)}\``
    : `\`${call.callee ?? row}()\``;
  const asks = error.startsWith('import spaces');
  const isSure = !context.python.isConditional(file, decisionOf(node)) && (asks || !isTried(node));
  return { what, isImport: false, error: asks ? null : error, isSure };
}

/** An import of a package that asks for CUDA as it is imported. */
function importOf(file: PythonFile, node: PyNode): (Data & { readonly isSure: boolean }) | null {
  const imports: readonly PyImport[] = file.imports.filter((one) => one.node === node);
  const found = imports.find(
    ({ files, guard, imported, name }) =>
      files.length === 0 && guard !== 'type-checking' && startsCudaAtImport(imported, name),
  );
  return found ? { what: found.imported, isImport: true, error: null, isSure: false } : null;
}

/** The statement or expression that a condition decides: the condition itself is always evaluated. */
function decisionOf(node: PyNode): PyNode {
  let found = node;
  for (let [below, at] = [node, node.parent]; at; [below, at] = [at, at.parent]) {
    const isTernary = at.type === 'conditional_expression' && at.children[1] === below;
    if (isTernary || (at.type === 'if_statement' && below.field === 'condition')) found = at;
  }
  return found;
}
