/** `npm run setup`: Node packages and the build. Python environments are made when first needed. */
import { ensureBuilt, ensureNodePackages, fail, say } from './prepare.js';

try {
  await ensureNodePackages();
  await ensureBuilt();
  say('Ready. Try: node bin/zerogpu.js run templates/hello');
} catch (error) {
  fail(error);
}
