/** The emulated device under PyTorch itself: the tests in Python below test/gpu/mock. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testPython } from '../support/e2e/space.js';

const dir = resolve(import.meta.dirname, '../gpu/mock/emulated_cuda');
const modules = readdirSync(dir).filter((name) => name.startsWith('test_'));

describe('the emulated CUDA device', () => {
  it.each(modules)('%s', (module) => {
    const result = spawnSync(testPython(), ['-B', join(dir, module)], { encoding: 'utf8' });
    expect(result.stderr).toMatch(/\nOK\n$/);
    expect(result.status).toBe(0);
  });
});
