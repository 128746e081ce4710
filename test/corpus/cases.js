#!/usr/bin/env node
/**
 * Checks a folder of small Spaces whose behaviour on the platform is known, and compares errors and warnings with
 * cases.json. The folder is not part of this repository: test/fixtures/check-kinds has Spaces of the same kinds.
 *
 *   node test/corpus/cases.js FOLDER        after `npm run build`
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const ROOT = resolve(import.meta.dirname, '../..');
const folder = process.argv[2];
if (!folder) throw new Error('usage: node test/corpus/cases.js FOLDER');

const cases = JSON.parse(readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8'));
const say = (line) => process.stdout.write(`${line}\n`);
let wrong = 0;
for (const { name, platform, expected, why } of cases) {
  const argv = ['check', join(folder, name), '--no-cache', '--format', 'json'];
  const cli = [join(ROOT, 'bin/zerogpu.js'), ...argv, '--platform', platform ?? 'h200'];
  const { stdout } = await execa(process.execPath, cli, { reject: false });
  const [space] = stdout === '' ? [] : JSON.parse(stdout).spaces;
  const found = (space?.findings ?? [])
    .filter(({ severity, rule }) => /^(?:error|warning)$/.test(severity) || rule === 'ZG406')
    .map(({ file, range, severity, rule }) => `${file}:${range?.line ?? 1} ${severity} ${rule}`)
    .sort();
  const isRight = space && JSON.stringify(found) === JSON.stringify([...expected].sort());
  if (!isRight) wrong += 1;
  say(`${isRight ? 'right' : 'WRONG'}  ${name}${why ? `  (${why})` : ''}`);
  if (!isRight) say(`       expected ${expected.join(', ')}\n       found    ${found.join(', ')}`);
}
say(`${cases.length - wrong} of ${cases.length} as expected`);
process.exitCode = wrong > 0 ? 1 : 0;
