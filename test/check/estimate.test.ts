/** `check --estimate`: what is asked, what the rules make of it, and how a run without an answer ends. */
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { check, type EstimatedSpace } from '../../src/check/index.js';
import { folderWith, README } from '../support/check/space.js';

const APP = `import gradio as gr
import spaces


@spaces.GPU(duration=20)
def draw(prompt):
    return prompt


gr.Interface(draw, "text", "text").launch()
`;

async function checked(answer: EstimatedSpace, raw: { readonly estimate?: boolean }) {
  const cwd = folderWith({ 'README.md': README, 'app.py': APP });
  const asked: string[][] = [];
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough().on('data', (part) => {
      said[name] += part;
    });
  const world = {
    ...{ argv: [], env: {}, cwd, interrupted: new AbortController().signal },
    ...{ stdout: stream('stdout'), stderr: stream('stderr') },
    estimate: async (space: string, platform: string) => {
      asked.push([space, platform]);
      return answer;
    },
  };
  const code = await check([], { ...raw, format: 'text', cache: false }, world as never, '0.0.0');
  return { code, asked, cwd, ...said };
}

const large: EstimatedSpace['functions'][number] = {
  name: 'draw',
  size: null,
  askedSize: 'large',
  peakBytes: 98.6e9,
  roomBytes: 74.3e9,
  seconds: null,
  suggestedSeconds: null,
};

it('fails where a function does not fit', async () => {
  const { code, stdout, asked, cwd } = await checked(
    { functions: [large], failures: [] },
    { estimate: true },
  );
  expect(asked).toEqual([[cwd, 'h200']]);
  expect(stdout).toContain('`draw` allocates 98.6 GB, and a large slice has 74.3 GB');
  // Nothing is known of the other platform.
  expect(stdout).toContain('h200 (2025-11) 1 error');
  expect(stdout).toContain('rtx-pro-6000 (2026-09) fits');
  expect(code).toBe(1);
});

it('could not check where an endpoint could not be estimated', async () => {
  const { code, stderr } = await checked(
    { functions: [], failures: ['draw: needs image'] },
    { estimate: true },
  );
  expect(stderr).toContain('no estimate: draw: needs image');
  expect(code).toBe(3);
});

it('starts nothing without --estimate', async () => {
  const { code, asked } = await checked({ functions: [large], failures: [] }, {});
  expect({ code, asked }).toEqual({ code: 0, asked: [] });
});
