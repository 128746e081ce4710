/** The server in Neovim, where there is one (Debian's 0.7 and newer): it shows what `check` finds. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { findOnPath } from '../../src/shared/find-program.js';
import { findingsOf, writeSpace } from '../support/lsp/space.js';

it.skipIf(!findOnPath('nvim', process.env))('Neovim shows the findings of check', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-neovim-'));
  try {
    writeSpace(folder);
    const script = resolve(import.meta.dirname, '../editors/neovim.js');
    for (const file of ['requirements.txt', 'app.py']) {
      const asked = spawnSync(process.execPath, [script, folder, file], { encoding: 'utf8' });
      expect(asked.status, asked.stdout + asked.stderr).toBe(0);
      const shown = asked.stdout.split('\n').filter((line) => /^\d+:\d+ ZG/.test(line));
      const found = (await findingsOf(folder)).flatMap((text) => {
        const [at, rule, , range, words] = JSON.parse(text);
        return at === file ? [`${range.line}:${range.column} ${rule} ${words.split('\n')[0]}`] : [];
      });
      expect(found.length).toBeGreaterThan(0);
      expect(shown.sort()).toEqual(found.sort());
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
