/** The next app of `run --watch`, which waits before its code: the tests in Python below python/. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('has imported what the app imports, and does what a start without it does', () => {
  const script = join(import.meta.dirname, 'test_standby.py');
  const result = spawnSync('python3', ['-B', script], { encoding: 'utf8' });
  expect(result.stderr).toMatch(/\nOK\n$/);
  expect(result.status).toBe(0);
});
