/** Whatever is in a .py file: a model, and never an exception. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSpace } from '../../../src/check/check-space.js';
import { rules } from '../../../src/check/rules/index.js';
import { filesInMemory } from '../../../src/space/index.js';
import { pythonOf } from '../../support/space/python.js';

const options = { platform: 'h200', rules, hosting: null };
/** Fixed, so that a failure is the same at each run. */
const SEED = 20_261_124;

async function failuresOf(files: Readonly<Record<string, string | Uint8Array>>) {
  return (await checkSpace('demo', filesInMemory(files), options)).failures;
}

const good = `import gradio as gr
import spaces
import torch
from lib import helper

pipe = helper.load().to("cuda")

@spaces.GPU(duration=lambda prompt: 10)
def generate(prompt, progress=gr.Progress()):
    global last
    last = [pipe(one) for one in prompt]
    return {"a": last, **{}}, lambda: 1

class A:
    @spaces.GPU
    def run(self, x: "int" = 1, *args, y, **kwargs):
        self.x = x

with gr.Blocks() as demo:
    gr.Button().click(generate, None, None, queue=False)
demo.launch(share=True)
`;

describe('Python files', () => {
  it('of any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(await failuresOf({ 'app.py': bytes })).toEqual([]);
      }),
      { numRuns: 100, seed: SEED },
    );
  });

  it('that are cut off or have something put in anywhere', async () => {
    const odd = fc.constantFrom('', '(', ')', '"""', ':', '\0', '\r', '\ufeff', '@', '{', 'def ');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(40), odd, async (at, gone, put) => {
        const source = good.slice(0, at) + put + good.slice(at + gone);
        expect(await failuresOf({ 'app.py': source, 'lib.py': good })).toEqual([]);
      }),
      { numRuns: 150, seed: SEED },
    );
  });

  it.each([
    ['brackets', '('.repeat(50_000)],
    ['calls', `${'f('.repeat(20_000)}${')'.repeat(20_000)}`],
    ['attributes', `a${'.b'.repeat(50_000)}()`],
    ['sums', `x = ${'1 + '.repeat(50_000)}1`],
    ['indentation', Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}if x:`).join('\n')],
    ['one line', `import spaces\nx = "${'a'.repeat(5_000_000)}"`],
    ['assignments', 'x = '.repeat(30_000)],
    ['decorators', `${'@spaces.GPU\n'.repeat(5_000)}def f(): pass`],
  ])('with very many %s', async (_name, source) => {
    expect(await failuresOf({ 'app.py': source })).toEqual([]);
  });

  it('that import each other in a ring', async () => {
    const files = {
      'app.py': 'from a import *\nimport app\nfrom . import a\n@f\ndef g(): pass\n',
      'a.py': 'from b import *\nfrom app import g\nh = g\n',
      'b.py': 'from a import *\nfrom a import k as k\nk = k\nD = D + 1\n',
    };
    expect(await failuresOf(files)).toEqual([]);
    expect((await pythonOf(files)).files.map(({ path }) => path)).toEqual([
      'app.py',
      'a.py',
      'b.py',
    ]);
  });
});
