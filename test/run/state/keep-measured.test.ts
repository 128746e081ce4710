import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { usageRows } from '../../../src/run/console/use-table.js';
import { keepMeasured } from '../../../src/run/state/keep-measured.js';
import { readMeasured } from '../../../src/shared/measured.js';
import { measuredFile } from '../../../src/shared/measured-file.js';

const stateDir = mkdtempSync(join(tmpdir(), 'zerogpu-measured-'));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

const use = (name: string, usedSeconds: number[], killed = 0, startup = false) => ({
  name,
  startup,
  askedSeconds: usedSeconds.map(() => 60),
  usedSeconds,
  killed,
  refused: 0,
  peakVramBytes: null,
});

it('keeps what a real GPU measured of each function that visitors called, and nothing of the mock', async () => {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const space = '/spaces/demo';
  const file = measuredFile(stateDir, space);
  const run = { stateDir, space, gpu: 'NVIDIA H200' };

  await keepMeasured({ ...run, gpu: null, rows: usageRows([use('draw', [3, 4])]) }, warn);
  expect(await readMeasured(file)).toBe(null);

  const uses = [use('draw', [3, 4]), use('upscale', [60], 1), use('warm_up', [9], 0, true)];
  await keepMeasured({ ...run, rows: usageRows(uses) }, warn);
  expect((await readMeasured(file))?.functions).toEqual([
    { name: 'draw', calls: 2, p95Seconds: 4, killed: 0, suggestedSeconds: 5 },
    { name: 'upscale', calls: 1, p95Seconds: 60, killed: 1, suggestedSeconds: null },
  ]);

  await keepMeasured({ ...run, rows: usageRows([use('draw', [8])]) }, warn);
  const names = (await readMeasured(file))?.functions.map((one) => [one.name, one.p95Seconds]);
  expect(names).toEqual([
    ['upscale', 60],
    ['draw', 8],
  ]);
  await keepMeasured({ ...run, gpu: 'NVIDIA L4', rows: usageRows([use('draw', [20])]) }, warn);
  expect((await readMeasured(file))?.functions.map(({ name }) => name)).toEqual(['draw']);
  expect(warnings).toEqual([]);
});

it('says so where it cannot be written, and ends well', async () => {
  const warnings: string[] = [];
  const run = { stateDir: '/dev/null', space: '/spaces/demo', gpu: 'NVIDIA H200' };
  await keepMeasured({ ...run, rows: usageRows([use('draw', [3])]) }, (one) => {
    warnings.push(one);
  });
  expect(warnings).toEqual([expect.stringMatching(/^what was measured is not kept: /)]);
});
