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
  if (!unitOnly) env.ZEROGPU_TEST_PYTHON ||= await testPython();
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=./test/support/summary-reporter.ts'];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], {
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

/** The interpreter of an environment with the packages of test/requirements.txt. */
async function testPython() {
  const { cacheDir, ensureNamedEnvironment } = await import('../../dist/environments.js');
  const requirements = readFileSync(join(root, 'test/requirements.txt'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));
  return ensureNamedEnvironment('tests', requirements, {
    env: process.env,
    cacheDir: cacheDir(process.env),
    yes: true,
    report: ({ message }) => say(message),
  });
}
