/** The Python environments of the end-to-end tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, say } from './prepare.js';

/** The interpreter of an environment with the packages of a requirements file below test/; made when it is missing. */
export async function testPython(file) {
  const { cacheDir, ensureNamedEnvironment } = await import('../../dist/environments.js');
  const requirements = readFileSync(join(root, 'test', file), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));
  const name = file.replace(/\.txt$/, '').replace('requirements', 'tests');
  return ensureNamedEnvironment(name, requirements, {
    env: process.env,
    cacheDir: cacheDir(process.env),
    yes: true,
    report: ({ message }) => say(message),
  });
}

/** Both at once, since each waits for downloads and the disk: what the tests need in their environment. */
export async function testPythons() {
  const [current, old] = await Promise.all([
    process.env.ZEROGPU_TEST_PYTHON || testPython('requirements.txt'),
    process.env.ZEROGPU_TEST_PYTHON_OLD || testPython('requirements-old.txt'),
  ]);
  return { ZEROGPU_TEST_PYTHON: current, ZEROGPU_TEST_PYTHON_OLD: old };
}
