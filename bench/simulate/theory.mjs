/** The simulator against queueing theory with two million calls and 2 %: test/simulate/theory.test.ts, long. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    'unit',
    'test/simulate/theory.test.ts',
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ZEROGPU_THEORY_CALLS: '2000000', ZEROGPU_THEORY_TOLERANCE: '0.02' },
  },
);
process.exitCode = status ?? 1;
