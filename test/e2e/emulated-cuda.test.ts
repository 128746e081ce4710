/** The emulated device under PyTorch itself: the tests in Python below test/gpu/mock and test/bench. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from '../support/e2e/compiler.js';
import { fixture, startRun, testPython } from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';

const dir = resolve(import.meta.dirname, '../gpu/mock/emulated_cuda');
const weightless = resolve(dir, '../weightless');
const bench = resolve(import.meta.dirname, '../bench/estimate');
const testsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('test_'))
    .map((name) => join(folder, name));

/** One of each kind; the whole database takes minutes: `python test/gpu/mock/opinfo/run.py`. */
const OPERATORS = [
  ...['add', 'matmul', 'addmm', 'einsum', 'sum', 'softmax', 'sort', 'topk', 'unique', 'where'],
  ...['index_put', 'scatter', 'gather', 'cat', 'rot90', 'quantile', 'cumsum', 'bmm', 'kron'],
  ...['linalg.svd', 'linalg.solve', 'fft.fft', 'nn.functional.conv2d', 'nn.functional.gelu'],
  ...['nn.functional.layer_norm', 'nn.functional.scaled_dot_product_attention'],
  ...['nn.functional.embedding', 'nn.functional.interpolate.bilinear', 'take_along_dim'],
];

describe('the emulated CUDA device', () => {
  it.each([dir, weightless, bench].flatMap(testsIn))('%s', (module) => {
    const result = spawnSync(testPython(), ['-B', module], { encoding: 'utf8' });
    // peft, bitsandbytes, torchao and gguf are not in the test environment; with them, their tests run.
    expect(result.stderr).toMatch(/\nOK(?: \(skipped=\d+\))?\n$/);
    expect(result.status).toBe(0);
  });

  it('agrees with the CPU on a choice of PyTorch’s own operator database', () => {
    const script = resolve(dir, '../opinfo/run.py');
    const args = ['-B', script, '--dtype', 'float32', '--samples', '2', '--only', ...OPERATORS];
    const result = spawnSync(testPython(), args, { encoding: 'utf8' });
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe(`float32: ${OPERATORS.length} of ${OPERATORS.length} operators\n`);
    expect(result.status).toBe(0);
  });
});

describe('ahead-of-time compilation', () => {
  it.runIf(hasCompiler())('compiles at start-up, and the result runs on the device', async () => {
    const run = await startRun(fixture('aoti'));
    const visitors = startVisitors();
    try {
      const { value } = await visitors.call(run.url, '/compare', [2], { token: 'pro' });
      expect(value).toEqual({ device: 'cuda:0', difference: expect.closeTo(0, 5) });
    } finally {
      visitors.close();
      await run.stop();
    }
  });

  it.runIf(!hasCompiler())('says that it needs a compiler where there is none', async () => {
    await expect(startRun(fixture('aoti'))).rejects.toThrow(/needs a C\+\+ compiler/);
  });
});
