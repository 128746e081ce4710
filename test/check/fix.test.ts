/** Safe fixes: twice changes nothing, the rest of the file stays byte for byte, odd files are left alone. */
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { checkSpace } from '../../src/check/check-space.js';
import { planFixes } from '../../src/check/fix/apply.js';
import { unifiedDiff } from '../../src/check/fix/diff.js';
import { encode, writeFixes } from '../../src/check/fix/write.js';
import type { Finding } from '../../src/check/rule.js';
import { rules } from '../../src/check/rules/index.js';
import { filesInMemory } from '../../src/space/index.js';
import { decodeSource } from '../../src/space/text.js';
import { folderWith, README } from '../support/check/space.js';

// Each property checks hundreds of Spaces; a busy machine must not fail the test.
vi.setConfig({ testTimeout: 120_000 });

const options = { platform: 'h200', rules, hosting: null };

/** Files after all safe fixes, as bytes, and how many rounds changed something. */
async function fixAll(files: Readonly<Record<string, Uint8Array>>) {
  let now: Record<string, Uint8Array> = { ...files };
  for (let round = 0; ; round += 1) {
    const checked = await checkSpace('demo', filesInMemory(now), options);
    expect(checked.failures).toEqual([]);
    const plan = planFixes(checked.findings, checked.sources);
    if (plan.files.length === 0) return { files: now, rounds: round };
    expect(round).toBeLessThan(5);
    for (const { file, before, after } of plan.files)
      now = { ...now, [file]: encode(before, after) };
  }
}

const requirement = fc.constantFrom(
  'torch==2.3.0',
  'torch==2.3.0+cu121',
  'spaces==0.30.1',
  'gradio==4.1.0',
  '  torch  ==  2.0.1 ;  python_version < "4"',
  'numpy',
  '',
  '# torch==2.3.0 is a comment',
  'torch \\',
  '==2.3.0',
  'spaces==0.1 --hash=sha256:00',
  'torchvision==0.18.0',
);
const field = fc.constantFrom(
  'sdk: gradio',
  'sdk_version: 5.10',
  'python_version: 3.10',
  'python_version:  3.10   # the default',
  "python_version: '3.10'",
  'title: 日本語 🚀',
  '# a comment',
  '',
);
const comment = fc.constantFrom('', '  # why', '\t# zerogpu: ignore ZG999');
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const encoding = fc.constantFrom('utf-8', 'utf-8-mark', 'utf-16le', 'utf-16be');

function toBytes(text: string, name: string): Uint8Array {
  if (name === 'utf-8') return Buffer.from(text);
  if (name === 'utf-8-mark') return Buffer.from(`\ufeff${text}`);
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return name === 'utf-16le' ? bytes : bytes.swap16();
}

const spaceFiles = fc
  .record({
    fields: fc.array(field, { maxLength: 6 }),
    requirements: fc.array(
      fc.tuple(requirement, comment).map((parts) => parts.join('')),
      { maxLength: 6 },
    ),
    eol: lineEnd,
    encoding,
    hasLastEnd: fc.boolean(),
  })
  .map(({ fields, requirements, eol, encoding: name, hasLastEnd }) => ({
    'README.md': toBytes(['---', ...fields, '---', '# Demo', ''].join(eol), name),
    'requirements.txt': toBytes(requirements.join(eol) + (hasLastEnd ? eol : ''), name),
    'app.py': Buffer.from('import spaces\n'),
  }));

describe('--fix', () => {
  it('is done after the first time, and keeps comments, line ends, encoding and all other lines', async () => {
    await fc.assert(
      fc.asyncProperty(spaceFiles, async (files) => {
        const once = await fixAll(files);
        const twice = await fixAll(once.files);
        expect(twice.rounds).toBe(0);
        for (const [file, before] of Object.entries(files)) {
          const [old, now] = [decodeSource(before), decodeSource(once.files[file] ?? before)];
          expect([now.encoding, now.hasMark]).toEqual([old.encoding, old.hasMark]);
          const ends = (text: string) => text.match(/\r\n|\n|\r/g) ?? [];
          expect(ends(now.text)).toEqual(ends(old.text));
          const comments = (text: string) => text.match(/#[^\r\n]*/g) ?? [];
          expect(comments(now.text)).toEqual(comments(old.text));
          old.lines.forEach((line, index) => {
            const isFixable = /torch|spaces|gradio|version|^==/.test(line);
            if (!isFixable) expect(now.lines[index]).toBe(line);
          });
        }
      }),
      { numRuns: 80 },
    );
  });

  it('leaves alone what would not come back byte for byte', async () => {
    const bytes = Buffer.concat([Buffer.from('torch==2.3.0  # '), Buffer.from([0xe9, 0x0a])]);
    const files = {
      'README.md': Buffer.from(README),
      'app.py': Buffer.from(''),
      'requirements.txt': bytes,
    };
    expect((await fixAll(files)).rounds).toBe(0);
  });

  it('takes a fix whole or not at all', () => {
    const source = decodeSource(Buffer.from('ab\ncd\n'));
    const at = (column: number, endColumn: number) => ({ line: 1, column, endLine: 1, endColumn });
    const finding = (edits: NonNullable<Finding['fix']>['edits']): Finding => ({
      rule: 'ZG999',
      severity: 'error',
      file: 'a',
      range: null,
      data: {},
      fix: { edits },
      isUnreached: false,
      alsoFineOn: [],
    });
    const first = finding([{ file: 'a', range: at(1, 2), newText: 'x' }]);
    const overlapping = finding([
      { file: 'a', range: at(1, 3), newText: 'y' },
      { file: 'a', range: { line: 2, column: 1, endLine: 2, endColumn: 3 }, newText: 'z' },
    ]);
    const outside = finding([
      { file: 'a', range: { line: 9, column: 1, endLine: 9, endColumn: 2 }, newText: '' },
    ]);
    const elsewhere = finding([{ file: 'b', range: at(1, 2), newText: '' }]);
    const plan = planFixes([first, overlapping, outside, elsewhere], new Map([['a', source]]));
    expect(plan.fixed).toEqual([first]);
    expect(plan.files.map(({ after }) => after)).toEqual(['xb\ncd\n']);
  });
});

describe('writing', () => {
  const before = decodeSource(Buffer.from('old\r\n'));
  const fixed = { file: 'a.txt', before, after: 'new\r\n' };

  it('keeps the permissions and leaves no draft', async () => {
    const dir = folderWith({ 'a.txt': 'old\r\n' });
    chmodSync(join(dir, 'a.txt'), 0o640);
    expect(await writeFixes(dir, [fixed])).toEqual([]);
    expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe('new\r\n');
    expect(statSync(join(dir, 'a.txt')).mode & 0o777).toBe(0o640);
    expect(readdirSync(dir)).toEqual(['a.txt']);
  });

  it('does not touch a link', async () => {
    const dir = folderWith({ 'real.txt': 'old\r\n' });
    symlinkSync('real.txt', join(dir, 'a.txt'));
    expect(await writeFixes(dir, [fixed])).toEqual([{ file: 'a.txt', why: 'it is a link' }]);
    expect(lstatSync(join(dir, 'a.txt')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, 'real.txt'), 'utf8')).toBe('old\r\n');
  });

  it('does not touch a file that has changed since it was read', async () => {
    const dir = folderWith({ 'a.txt': 'old\r\n' });
    writeFileSync(join(dir, 'a.txt'), 'mine\r\n');
    expect(await writeFixes(dir, [fixed])).toEqual([
      { file: 'a.txt', why: 'it has changed meanwhile' },
    ]);
    expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe('mine\r\n');
  });

  it('says why a file could not be written', async () => {
    expect(await writeFixes('/nowhere', [fixed])).toEqual([{ file: 'a.txt', why: 'ENOENT' }]);
  });
});

describe('a diff', () => {
  it('says where the last line has no end', () => {
    expect(unifiedDiff('a', 'x\ny', 'x\nz')).toBe(
      '--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n\\ No newline at end of file\n',
    );
  });

  it('is empty for the same text', () => expect(unifiedDiff('a', 'x\n', 'x\n')).toBe(''));

  it('has hunks with three lines around', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `${index}`);
    const changed = lines.with(2, 'two').toSpliced(15, 0, 'more');
    expect(unifiedDiff('a', lines.join('\n'), changed.join('\n'))).toBe(
      [
        '--- a/a',
        '+++ b/a',
        '@@ -1,6 +1,6 @@',
        ' 0',
        ' 1',
        '-2',
        '+two',
        ' 3',
        ' 4',
        ' 5',
        '@@ -13,6 +13,7 @@',
        ' 12',
        ' 13',
        ' 14',
        '+more',
        ' 15',
        ' 16',
        ' 17',
        '',
      ].join('\n'),
    );
  });
});
