import type { PyNode, PythonFile } from '../../../space/python/index.js';
import { childOf, rangeOf, stringOf, textOf } from '../../../space/python/index.js';
import { defineRule, type Fix } from '../../rule.js';
import { at, reachableFiles } from './facts.js';

type Data = { readonly variable: string; readonly line: number };

const VARIABLES = /^PYTORCH_(?:CUDA_|HIP_)?ALLOC_CONF$/;

export const allocConfLate = defineRule<Data>({
  id: 'ZG313',
  name: 'alloc-conf-late',
  severity: 'warning',
  summary: 'the CUDA allocator is configured after torch is imported',
  docs: {
    why: 'PyTorch reads `PYTORCH_CUDA_ALLOC_CONF` when it is loaded. Set later it has no effect, or trips an assertion of the allocator.',
    instead: 'Set it above the first import of torch, or in the settings of the Space.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'import os\nimport torch\nos.environ["PYTORCH_CUDA_ALLOC_CONF"] = "expandable_segments:True"',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'import os\nos.environ["PYTORCH_CUDA_ALLOC_CONF"] = "expandable_segments:True"\nimport torch',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    for (const file of reachableFiles(context)) {
      if (!file.text.includes('ALLOC_CONF')) continue;
      const torch = file.imports.find(
        ({ module, isModuleLevel, guard }) =>
          isModuleLevel &&
          guard === 'none' &&
          /^(?:torch|spaces|diffusers|transformers)(?:\.|$)/.test(module),
      );
      if (!torch) continue;
      for (const node of file.root.children) {
        const variable = node.start > torch.node.start ? variableOf(file, node) : null;
        if (variable === null || !VARIABLES.test(variable)) continue;
        const line = rangeOf(file, torch.node).line;
        const fix = move(file, node, torch.node);
        yield at(file, node, { variable, line }, fix ? { fix } : {});
      }
    }
  },
  words({ variable, line }) {
    return {
      message: `${variable} is set after line ${line} has loaded torch: it has no effect`,
      help: `set it above line ${line}`,
    };
  },
});

/** The variable that `os.environ["X"] = …` or `os.environ.setdefault("X", …)` sets. */
function variableOf(file: PythonFile, statement: PyNode): string | null {
  const expression = statement.type === 'expression_statement' ? statement.children[0] : undefined;
  if (expression?.type === 'assignment') {
    const left = childOf(expression, 'left');
    const value = left && childOf(left, 'value');
    const key = left && childOf(left, 'subscript');
    return value && key && textOf(file, value) === 'os.environ' ? stringOf(file, key) : null;
  }
  if (expression?.type !== 'call') return null;
  const callee = childOf(expression, 'function');
  const first = childOf(expression, 'arguments')?.children[0];
  return callee && first && textOf(file, callee) === 'os.environ.setdefault'
    ? stringOf(file, first)
    : null;
}

/** Moves the line above the import, where `os` is known there and the line holds nothing else. */
function move(file: PythonFile, node: PyNode, torch: PyNode): Fix | null {
  const os = file.imports.find(({ module, boundTo }) => module === 'os' && boundTo === 'os');
  if (!os || os.node.start > torch.start || torch.parent !== file.root) return null;
  const from = rangeOf(file, node);
  const to = rangeOf(file, torch);
  const line = file.source.lines[from.line - 1] ?? '';
  const isAlone = from.line === from.endLine && line.trim() === textOf(file, node).trim();
  if (!isAlone || to.column !== 1) return null;
  // What is set must be known up there.
  if (
    !/=\s*["'][^"']*["']\s*$|setdefault\(\s*["'][^"']*["']\s*,\s*["'][^"']*["']\s*\)\s*$/.test(line)
  )
    return null;
  return {
    edits: [
      {
        file: file.path,
        range: { line: to.line, column: 1, endLine: to.line, endColumn: 1 },
        newText: `${line.trim()}\n`,
      },
      {
        file: file.path,
        range: { line: from.line, column: 1, endLine: from.line + 1, endColumn: 1 },
        newText: '',
      },
    ],
  };
}
