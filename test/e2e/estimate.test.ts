/** `zerogpu estimate` and `run --weightless` with the real spaces package: 8 GB of weights that are not there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixture, testPython } from '../support/e2e/space.js';
import { temporaryFolder } from '../support/supervise.js';

const program = join(import.meta.dirname, '../../bin/zerogpu.js');

function estimate(...args: readonly string[]) {
  return spawnSync(process.execPath, [program, 'estimate', fixture('weightless'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ZEROGPU_PYTHON: testPython() },
  });
}

it('says what fits, in which size, and how long it takes', () => {
  const { stdout, stderr, status } = estimate('--platform', 'rtx-pro-6000', '--json');
  expect(status, stderr).toBe(0);
  const { estimates, version } = JSON.parse(stdout);
  expect(version).toBe(1);
  const [multiply, hold] = estimates;
  const weightBytes = 2 * 2 ** 32;
  expect(multiply).toMatchObject({
    ...{ endpoint: 'multiply', platform: 'rtx-pro-6000', assumed: ['rows=256 (default)'] },
    figures: {
      ...{ verdict: 'FITS', size: 'large', missing: [], gpuCalls: 1 },
      memory: { weightBytes },
      declare: { nowSeconds: 30 },
      madeUp: [{ operator: 'item', count: 1 }],
    },
  });
  // The product and what goes in, 32 MiB each, and cuBLAS's workspace.
  const { peakBytes } = multiply.figures.memory;
  expect(peakBytes - weightBytes).toBeGreaterThan(2 ** 26);
  expect(peakBytes - weightBytes).toBeLessThan(2 ** 28);
  // 2 x 256 x 2^32 operations at no more than 500 TFLOPS.
  expect(multiply.figures.seconds.low).toBeGreaterThan((2 * 256 * 2 ** 32) / 500e12);
  expect(multiply.figures.seconds.high).toBeLessThan(1);
  // Out of memory on half a card, and well on a whole one.
  expect(hold.figures).toMatchObject({ verdict: 'FITS', size: 'xlarge' });
  expect(hold.figures.memory.peakBytes).toBeGreaterThanOrEqual(weightBytes + 60e9);
});

it('says what does not fit at all, for each value, with a picture and a snapshot', () => {
  const folder = temporaryFolder();
  const [svg, snapshot] = [join(folder, 'memory.svg'), join(folder, 'memory.pickle')];
  const { stdout, stderr, status } = estimate(
    ...['hold', '--vary', 'gigabytes=10,90', '--platform', 'h200'],
    ...['--svg', svg, '--snapshot', snapshot],
  );
  expect(status, stderr).toBe(1);
  expect(stdout).toMatch(/^hold {3}h200\n/);
  expect(stdout).toMatch(/^ {2}10 +FITS +large +18\.6 GB/m);
  expect(stdout).toMatch(/^ {2}90 +DOES NOT FIT +none +98\.6 GB +98\.6 GB +0s$/m);
  expect(readFileSync(svg, 'utf8')).toContain('hold gigabytes=90   h200   DOES NOT FIT');
  const shown = spawnSync(
    testPython(),
    ['-m', 'torch.cuda._memory_viz', 'trace_plot', snapshot, '-o', join(folder, 'memory.html')],
    { encoding: 'utf8' },
  );
  expect(shown.status, shown.stderr).toBe(0);
});
