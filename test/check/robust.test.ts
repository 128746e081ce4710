/** Whatever is in the folder: findings or one clear error, and soon. */
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { checkSpace } from '../../src/check/check-space.js';
import { reporters } from '../../src/check/reporters/index.js';
import { rules } from '../../src/check/rules/index.js';
import { spaceReport } from '../../src/check/space-report.js';
import { noPaint } from '../../src/shared/paint.js';
import { filesInMemory } from '../../src/space/index.js';
import { folderWith, README, zerogpuIn } from '../support/check/space.js';

// Each case makes hundreds of Spaces; a busy machine must not fail the test.
vi.setConfig({ testTimeout: 120_000 });

const options = { platform: 'h200', rules, hosting: null };

/** Checks files in memory and writes every report on them. */
async function survive(files: Readonly<Record<string, string | Uint8Array>>) {
  const checked = await checkSpace('demo', filesInMemory(files), options);
  expect(checked.failures).toEqual([]);
  const asked = { platform: 'h200', rules, strict: false, maxWarnings: null };
  const space = spaceReport({ path: '.', name: 'demo', dir: null }, checked, asked);
  const how = { paint: noPaint, ascii: false, columns: 80, version: '0', repositoryRoot: '/' };
  for (const report of Object.values(reporters))
    report({ spaces: [space], elapsedMs: 1, exitCode: 0 }, how);
  return checked.findings;
}

const NAMES = [
  'README.md',
  'requirements.txt',
  'packages.txt',
  'pyproject.toml',
  'app.py',
] as const;

describe('content', () => {
  it('of any bytes', async () => {
    const files = fc.dictionary(fc.constantFrom(...NAMES), fc.uint8Array({ maxLength: 300 }));
    await fc.assert(
      fc.asyncProperty(files, async (all) => void (await survive(all))),
      { numRuns: 100 },
    );
  });

  it('of front matter with anything in it', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'sdk: gradio',
        'sdk_version: 4.1',
        'a: [',
        'b: {c: &x 1}',
        '? x',
        '- y',
        'app_file: [1]',
        'tags: *x',
        'python_version: {}',
        'short_description: 1',
        '<<: *x',
        '"sdk": !!binary x',
        'colorFrom: 2024-01-01',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), async (lines) => {
        await survive({
          'README.md': `---\n${lines.join('\n')}\n---\n`,
          'requirements.txt': lines.join('\n'),
        });
      }),
      { numRuns: 100 },
    );
  });

  it('of versions with numbers beyond all counting', async () => {
    const endless = '999999999999999934473.9';
    for (const operator of ['==', '>', '<=', '~=', '!=', '===']) {
      const lines = [`torch${operator}${endless}`, `x ; python_version ${operator} "${endless}"`];
      const readme = README.replace('5.49.1', endless);
      await survive({ 'README.md': readme, 'requirements.txt': lines.join('\n') });
    }
  });

  it('that is cut off anywhere', async () => {
    const readme = `\ufeff${README.replace('title: Demo', 'title: "Démo 🚀"\r\ntags: [a, b]')}`;
    const requirements =
      '-r x\ntorch==2.3.0 \\\n --hash=sha256:ab ; python_version < "3.11"\na @ https://x/y-1-py3-none-any.whl';
    for (let end = 0; end <= readme.length; end += 3) {
      await survive({
        'README.md': readme.slice(0, end),
        'requirements.txt': requirements.slice(0, end),
      });
    }
  });

  it.each<[string, string, string]>([
    ['README.md', 'brackets without end', `---\na: ${'['.repeat(100_000)}\n---\n`],
    [
      'README.md',
      'tables in tables',
      `---\n${Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')}\n---\n`,
    ],
    ['README.md', 'a block of megabytes', `---\n${'a: b\n'.repeat(1_000_000)}---\n`],
    ['README.md', 'blank lines without end', ' \n'.repeat(1_000_000)],
    ['requirements.txt', 'a line of megabytes', 'a'.repeat(7_000_000)],
    ['requirements.txt', 'a version of kilobytes', `torch==${'1.'.repeat(2_000)}1`],
    ['requirements.txt', 'a marker of brackets', `a;${'('.repeat(4_000)}`],
    ['requirements.txt', 'options without end', '- '.repeat(100_000)],
    ['requirements.txt', 'quotes without end', `--hash ${'"'.repeat(100_001)}`],
    [
      'requirements.txt',
      'blanks without end',
      `${' '.repeat(1_000_000)}x${' '.repeat(1_000_000)}#`,
    ],
    ['requirements.txt', 'continuations without end', '\\\n'.repeat(100_000)],
    ['pyproject.toml', 'brackets without end', `a = ${'['.repeat(100_000)}`],
  ])('%s: %s', async (file, _what, content) => {
    const findings = await survive({ 'README.md': README, 'app.py': '', [file]: content });
    expect(JSON.stringify(findings).length).toBeLessThan(1_000_000);
  });
});

describe('folders', () => {
  it('with pipes, links in rings and links to themselves', async () => {
    const dir = folderWith({ 'README.md': README, 'app.py': '' });
    execFileSync('mkfifo', [join(dir, 'requirements.txt')]);
    symlinkSync('pyproject.toml', join(dir, 'pyproject.toml'));
    symlinkSync('.', join(dir, 'ring'));
    const { stdout, stderr } = await zerogpuIn(dir, [
      'check',
      '--format',
      'compact',
      '--select',
      'ZG1,ZG2',
    ]);
    expect(stderr).toBe('');
    expect(stdout).toBe(
      'pyproject.toml:1:1: warning ZG115: not checked: it is a link that leads to itself\n' +
        'requirements.txt:1:1: warning ZG115: not checked: it is not a file\n',
    );
  });

  it('with more files than anybody waits for', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 21_000 }, (_, i) => [`data/${i}.txt`, '']),
    );
    const dir = folderWith({ ...files, 'README.md': README, 'app.py': '' });
    expect((await zerogpuIn(dir, ['check', '--select', 'ZG1,ZG2'])).code).toBe(0);
  });

  it('that are empty', async () => {
    const { code, stdout } = await zerogpuIn(folderWith({}), [
      'check',
      '--format',
      'compact',
      '--select',
      'ZG1,ZG2',
    ]);
    expect(stdout).toBe(
      'README.md:1:1: error ZG101: there is no README.md, so the Space has no configuration\n',
    );
    expect(code).toBe(1);
  });
});
