/** `check --resolve` with the uv and the package index of this machine; without both there is nothing to see. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { findUv } from '../../src/check/resolve/ask-uv.js';

const folder = mkdtempSync(join(tmpdir(), 'zerogpu-resolve-e2e-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = { HOME: homedir(), ...process.env };
const uv = (() => {
  try {
    return findUv(env);
  } catch {
    return null;
  }
})();

async function checked(requirements: string) {
  writeFileSync(join(folder, 'README.md'), '---\nsdk: gradio\nsdk_version: 5.49.1\n---\n');
  writeFileSync(join(folder, 'app.py'), 'import spaces\n');
  writeFileSync(join(folder, 'requirements.txt'), requirements);
  const cli = resolve(import.meta.dirname, '../../bin/zerogpu.js');
  const argv = [cli, 'check', folder, '--resolve', '--select', 'ZG227', '--format', 'json'];
  const { stdout, exitCode } = await execa(process.execPath, argv, { env, reject: false });
  const [space] = JSON.parse(stdout).spaces;
  return { exitCode, findings: space.findings, unchecked: space.unchecked.join('\n') as string };
}

it.skipIf(uv === null)('names the line that the real uv finds no version for', async ({ skip }) => {
  const clash = await checked('# a clash\nscipy==1.15.0\nnumpy==1.21\n');
  if (clash.unchecked.includes('as a whole')) skip('no package index');
  expect(clash.findings).toMatchObject([
    { rule: 'ZG227', file: 'requirements.txt', range: { line: 3 }, severity: 'error' },
  ]);
  expect(clash.findings[0].note).toMatch(/scipy==1\.15\.0 depends on numpy/);
  expect(clash.exitCode).toBe(1);
  expect(await checked('six\n')).toMatchObject({ exitCode: 0, findings: [] });
});
