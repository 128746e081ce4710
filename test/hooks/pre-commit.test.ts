/** pre-commit itself, where there is one (`pip install pre-commit`), against a clone of this checkout. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findOnPath } from '../../src/shared/find-program.js';

it.skipIf(!findOnPath('pre-commit', process.env))(
  'pre-commit finds, fixes and passes in a new repository',
  () => {
    const script = join(import.meta.dirname, 'try-pre-commit.sh');
    const { status, stdout, stderr } = spawnSync('sh', [script], { encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain('Passed\npre-commit finds, fixes and passes\n');
  },
  180_000,
);
