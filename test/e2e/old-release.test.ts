/** The oldest pair of packages; all pairs: `node test/matrix/run.js`. */
import { describe, it } from 'vitest';
import { checkRelease } from '../support/e2e/release-check.js';
import { oldPython } from '../support/e2e/space.js';

describe('gradio 4.44 with spaces 0.30', () => {
  it('answers, kills and refuses as the newest does', () => checkRelease(oldPython()));
});
