/** One pair of packages, named by `node test/matrix/run.js`. */
import { describe, it } from 'vitest';
import { chromiumPath } from '../support/e2e/chromium.js';
import { checkLogin } from '../support/e2e/login-check.js';
import { checkRelease } from '../support/e2e/release-check.js';
import { testPython } from '../support/e2e/space.js';

describe(process.env['ZEROGPU_MATRIX_PAIR'] ?? 'the packages of the tests', () => {
  it('answer, kill and refuse', () => checkRelease(testPython()), 300_000);
  it.skipIf(!chromiumPath)('log in and out', () => checkLogin(testPython()), 300_000);
});
