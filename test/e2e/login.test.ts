/** A Space with `hf_oauth: true` and its login, in a real browser. Older releases: test/matrix. */
import { describe, it } from 'vitest';
import { chromiumPath } from '../support/e2e/chromium.js';
import { checkLogin } from '../support/e2e/login-check.js';
import { testPython } from '../support/e2e/space.js';

describe.skipIf(!chromiumPath)('a Space with a login', () => {
  it('logs local visitors in and out, and charges their calls to them', async () => {
    await checkLogin(testPython());
  }, 240_000);
});
