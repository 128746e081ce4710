/**
 * `npm test`: set-up, then every test, the end-to-end ones with the real Python packages included.
 * Arguments go to vitest: `npm test -- --project unit`, `npm test -- gateway`.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureNodePackages, fail, root, say } from './prepare.js';

try {
  await ensureNodePackages();
  await ensureBuilt();
  const args = process.argv.slice(2);
  const env = { ...process.env };
  const unitOnly = args.includes('unit');
  if (!unitOnly) {
    env.ZEROGPU_TEST_PYTHON ||= await pythonWith('requirements.txt');
    env.ZEROGPU_TEST_PYTHON_OLD ||= await pythonWith('requirements-old.txt');
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=./test/support/summary-reporter.ts'];
  // The matrix of old and new releases has a script of its own: test/matrix/run.js.
  const projects = args.includes('--project') ? [] : ['--project', 'unit', '--project', 'e2e*'];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...projects, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  fail(error);
}

/** The interpreter of an environment with the packages of a requirements file below test/. */
async function pythonWith(file) {
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
