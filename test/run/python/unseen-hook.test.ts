/** Values that one worker sets and another process does not see: the tests in Python below python/. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('reports values that are set in one GPU function alone, and no caches', () => {
  const script = join(import.meta.dirname, '.', 'test_unseen.py');
  const result = spawnSync('python3', ['-B', script], { encoding: 'utf8' });
  expect(result.stderr).toMatch(/\nOK\n$/);
  expect(result.status).toBe(0);
});
