/**
 * `npm test`: set-up, then every test, the end-to-end ones with the real Python packages included.
 * Arguments go to vitest: `npm test -- --project unit`, `npm test -- gateway`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureNodePackages, fail, root } from './prepare.js';
import { testPythons } from './test-python.js';

try {
  await ensureNodePackages();
  await ensureBuilt();
  const args = process.argv.slice(2);
  const env = { ...process.env, ...(args.includes('unit') ? {} : await testPythons()) };
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
