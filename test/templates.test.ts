/** Templates as folders: what a Space needs is there, and `zerogpu check --strict` has nothing to say. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zerogpu } from './support/cli.js';
import { templates } from './support/templates.js';

describe('templates', () => {
  it('are the ten that docs speak of', () => {
    expect(templates.map(({ name }) => name)).toEqual([
      'ahead-of-time',
      'api-client',
      'chat',
      'dynamic-duration',
      'flash-attention',
      'hello',
      'image',
      'multi-gpu',
      'quota-aware',
      'tested',
    ]);
  });

  it.each(templates.map((template) => [template.name, template] as const))(
    '%s has an app, a README, tests and a zerogpu.json',
    (_name, { dir }) => {
      const files = ['README.md', 'app.py', 'tests/test_app.py', 'zerogpu.json'];
      expect(files.filter((file) => !existsSync(join(dir, file)))).toEqual([]);
    },
  );

  it.each(['h200', 'rtx-pro-6000'])('pass `check --strict` on %s', async (platform) => {
    const dirs = templates.filter(({ platforms }) => platforms.includes(platform));
    const paths = dirs.map(({ dir }) => dir);
    const checked = await zerogpu(['check', '--strict', '--platform', platform, ...paths]);
    // The verdict lines name the other platform too, where one template does not fit.
    expect(checked.stdout.replaceAll(/^h200 \(.*$/gm, '')).not.toMatch(/error|warning/);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
  });
});
