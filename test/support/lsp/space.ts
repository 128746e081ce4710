/** A small Space with something to find in each kind of file, and edits as a person makes them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { check } from '../../../src/check/index.js';
import { collect } from './collect.js';

/** Where both sides look for a Python to ask: no shims, which take a second each. */
export const PYTHONS = '/usr/bin:/bin';

export const FILES: Readonly<Record<string, string>> = {
  'README.md':
    '---\ntitle: Demo\nsdk: gradio\nsdk_version: 6.1.0\npython_version: 3.10\n---\n# Demo\n',
  'requirements.txt': 'torch==2.3.1\nflash-attn\n',
  'packages.txt': 'ffmpeg\nnvidia-cuda-toolkit\n',
  'app.py': `import gradio as gr
import spaces
import torch

from lib.draw import draw

model = torch.nn.Linear(2, 2).to("cuda")


@spaces.GPU
def generate(prompt):
    return model(draw(prompt))


gr.Interface(generate, "text", "image").launch(share=True)
`,
  'lib/draw.py': `import torch


def draw(prompt):
    return torch.compile(prompt)
`,
};

export function writeSpace(folder: string, files: Readonly<Record<string, string>> = FILES): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** A finding without a line: the start of its file. */
const WHOLE = { line: 1, column: 1, endLine: 1, endColumn: 1 };

/** What `zerogpu check` finds: a line for each finding, as an editor would show it. */
export async function findingsOf(folder: string): Promise<readonly string[]> {
  const stdout = collect();
  const world = {
    env: { PATH: PYTHONS, HOME: folder },
    cwd: folder,
    stdout,
    stderr: collect(),
    interrupted: new AbortController().signal,
  };
  await check(['.'], { json: true }, world, '0.0.0');
  const report = JSON.parse(stdout.text());
  return report.spaces[0].findings
    .map((one: Record<string, never>) => {
      const { file, rule, severity, range, message, note, help } = one as Record<string, string>;
      const words = [message, note, help].filter(Boolean).join('\n');
      return JSON.stringify([file, rule, severity, range ?? WHOLE, words]);
    })
    .sort();
}

const SEVERITIES = ['', 'error', 'warning', 'info', 'advice'];

/** The same lines from the diagnostics that an editor has. */
export function shownIn(diagnostics: ReadonlyMap<string, readonly object[]>): readonly string[] {
  return [...diagnostics]
    .flatMap(([file, list]) =>
      (list as readonly Record<string, never>[]).map((one) => {
        const { code, severity, range, message } = one as unknown as {
          code: string;
          severity: number;
          range: { start: Record<string, number>; end: Record<string, number> };
          message: string;
        };
        const at = (value: number | undefined) => (value ?? 0) + 1;
        const place = {
          line: at(range.start['line']),
          column: at(range.start['character']),
          endLine: at(range.end['line']),
          endColumn: at(range.end['character']),
        };
        return JSON.stringify([file, code, SEVERITIES[severity], place, message]);
      }),
    )
    .sort();
}

/** Pieces that a person types, deletes or pastes. */
const PIECES = [
  'x',
  ' ',
  '\n',
  '(',
  ')',
  '"',
  '#',
  ':',
  '=',
  '  ',
  'é',
  '😀',
  'import torch\n',
  'torch.cuda.is_available()\n',
  '@spaces.GPU(duration=30)\n',
  'duration=',
  '120',
  'sdk: docker\n',
  'python_version: "3.10"\n',
  'torch==2.8.0\n',
  '-e .\n',
  '# zerogpu: ignore ZG305 why\n',
];

/** One edit: a random stretch is replaced by a random piece. Numbers are drawn from `next`, 0 to 1. */
export function randomEdit(text: string, next: () => number) {
  const start = Math.floor(next() * (text.length + 1));
  const isDeletion = next() < 0.4;
  const end = isDeletion ? Math.min(text.length, start + Math.floor(next() * 12)) : start;
  const put = isDeletion ? '' : (PIECES[Math.floor(next() * PIECES.length)] ?? '');
  return { start: boundary(text, start), end: boundary(text, end), put };
}

/** Not between the halves of a surrogate pair: no editor has its cursor there. */
function boundary(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text[at] ?? '') ? at - 1 : at;
}
