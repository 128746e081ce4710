/**
 * `npm run setup`: Node packages and the build. Python environments are made when first needed; with `-- --tests`
 * those of the end-to-end tests are made at once.
 */
import { ensureBuilt, ensureNodePackages, fail, say } from './prepare.js';

try {
  await ensureNodePackages();
  await ensureBuilt();
  if (process.argv.includes('--tests')) {
    const { testPythons } = await import('./test-python.js');
    await testPythons();
  }
  say('Ready. Try: node bin/zerogpu.js run templates/hello');
} catch (error) {
  fail(error);
}
