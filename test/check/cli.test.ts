/** `zerogpu check` as a command line: formats, codes, silence, configuration, several folders. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { folderWith, README, type Said, zerogpuIn } from '../support/check/space.js';

// A busy machine must not fail the test.
vi.setConfig({ testTimeout: 30_000, expect: { poll: { timeout: 20_000 } } });

const CLEAN = { 'README.md': README, 'app.py': 'import spaces\n' };
const BROKEN = {
  'README.md': README.replace('gradio', 'docker'),
  'app.py': '',
  'requirements.txt': 'spaces==0.32.0\ntorch==2.3.0\n',
};

/** `ZG1` and `ZG2` alone: rules on code have tests of their own. */
const check = (files: Record<string, string>, ...argv: string[]) =>
  zerogpuIn(folderWith(files), ['check', '--select', 'ZG1,ZG2', ...argv]);

function expectError(said: Said, code: number, name: string, text: RegExp | string): void {
  expect(said.stderr).toMatch(new RegExp(`^error {2}.* ${name}$`, 'm'));
  expect(said.stderr).toMatch(text);
  expect(said.stderr).toMatch(/^ {2}fix {4}\S/m);
  expect(said.stdout).toBe('');
  expect(said.code).toBe(code);
}

describe('a clean Space', () => {
  it('is one line, the verdicts, and 0', async () => {
    const { code, stdout, stderr } = await check(CLEAN);
    expect(stdout).toMatch(
      /^✓ zerogpu-check-\w+ fits h200 · \d+ rules · \d+ ms\nh200 \(\d{4}-\d\d\) fits · rtx-pro-6000 \(\d{4}-\d\d\) fits\n(?:the platform .*\n)?$/,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each(['compact', 'github'])('is nothing at all in %s', async (format) => {
    expect(await check(CLEAN, '--format', format)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('exit codes', () => {
  it('1 for errors', async () => expect((await check(BROKEN)).code).toBe(1));

  it('1 for warnings when they count', async () => {
    const warned = { ...CLEAN, 'requirements.txt': 'spaces==0.32.0\n' };
    expect((await check(warned)).code).toBe(0);
    expect((await check(warned, '--strict')).code).toBe(1);
    expect((await check(warned, '--max-warnings', '0')).code).toBe(1);
    expect((await check(warned, '--max-warnings', '1')).code).toBe(0);
  });

  it.each<[string[], string, RegExp | string]>([
    [['--format', 'txt'], 'E_USAGE', 'Did you mean text?'],
    [['--max-warnings', 'x'], 'E_USAGE', '"x"'],
    [['--select', 'ZG999'], 'E_CHECK_RULE_UNKNOWN', 'ZG999'],
    [['--ignore', 'torch-unsuported'], 'E_CHECK_RULE_UNKNOWN', 'Did you mean torch-unsupported?'],
    [['--platform', 'h100'], 'E_PLATFORM_UNKNOWN', 'Did you mean h200?'],
    [['--owner', 'personal'], 'E_USAGE', '--hosted'],
    [['--watch', '--fix'], 'E_USAGE', '--watch'],
    [['--json', '--format', 'sarif'], 'E_USAGE', 'contradict'],
    [['nowhere'], 'E_SPACE_NOT_FOUND', 'nowhere'],
    [['app.py'], 'E_SPACE_NOT_FOUND', 'is a file'],
  ])('2 for %j', async (argv, name, text) => {
    expectError(await zerogpuIn(folderWith(CLEAN), ['check', ...argv]), 2, name, text);
  });

  it('3 for a report that can’t be written', async () => {
    const said = await check(CLEAN, '--output', '/nowhere/at/all');
    expectError(said, 3, 'E_CHECK_OUTPUT', '/nowhere/at/all');
  });

  it.skipIf(process.getuid?.() === 0)('3 for a folder that can’t be read', async () => {
    const dir = folderWith({ 'demo/README.md': README });
    chmodSync(join(dir, 'demo'), 0);
    const said = await zerogpuIn(dir, ['check', 'demo']);
    chmodSync(join(dir, 'demo'), 0o700);
    expectError(said, 3, 'E_CHECK_UNREADABLE', 'demo');
  });
});

describe('output', () => {
  it('goes to a file', async () => {
    const dir = folderWith(BROKEN);
    const said = await zerogpuIn(dir, ['check', '--json', '--output', 'report.json']);
    expect(said).toEqual({ code: 1, stdout: '', stderr: '' });
    expect(JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8')).version).toBe(1);
  });

  it('is annotations in GitHub Actions, unless a format is named', async () => {
    const dir = folderWith(BROKEN);
    const actions = { GITHUB_ACTIONS: 'true' };
    const select = ['check', '--select', 'ZG201'];
    const annotated = await zerogpuIn(dir, select, actions);
    expect(annotated.stdout).toMatch(/^::error file=requirements\.txt,line=2,/);
    const plain = await zerogpuIn(dir, [...select, '--format', 'compact'], actions);
    expect(plain.stdout).toMatch(/^requirements\.txt:2:1: error ZG201: /);
  });

  it('has colour only where it is wanted', async () => {
    const dir = folderWith(BROKEN);
    expect((await zerogpuIn(dir, ['check'])).stdout).not.toContain('\u001b[');
    expect((await zerogpuIn(dir, ['check', '--color', 'always'])).stdout).toContain('\u001b[');
    expect((await zerogpuIn(dir, ['check'], { FORCE_COLOR: '1' })).stdout).toContain('\u001b[');
    const both = { FORCE_COLOR: '1', NO_COLOR: '1' };
    expect((await zerogpuIn(dir, ['check'], both)).stdout).not.toContain('\u001b[');
  });

  it('is ASCII where that is wanted', async () => {
    const dir = folderWith(BROKEN);
    const { stdout } = await zerogpuIn(dir, ['check', '--ascii', '--select', 'ZG201']);
    expect([...stdout].every((character) => character < '\u0080')).toBe(true);
  });
});

describe('several folders', () => {
  it('are reported one after the other, with a sum', async () => {
    const dir = folderWith({
      'a/README.md': README,
      'a/app.py': '',
      'b/README.md': 'no block',
      'b/app.py': '',
    });
    const said = await zerogpuIn(dir, ['check', 'a', 'b/', './a', '--select', 'ZG1']);
    expect(said.code).toBe(1);
    expect(said.stdout).toMatch(/^✓ a fits h200/);
    expect(said.stdout).toContain('b/README.md:1:1  error ZG101');
    expect(said.stdout).toMatch(/^✗ 2 Spaces: 1 error in \d+ ms$/m);
  });

  it('are checked as each of their own files says', async () => {
    const dir = folderWith({
      'a/README.md': README,
      'a/app.py': '',
      'a/requirements.txt': 'torch==2.9.1\n',
      'a/zerogpu.json': '{"platform": "rtx-pro-6000"}',
      'b/README.md': README,
      'b/app.py': '',
      'b/requirements.txt': 'torch==2.9.1\n',
    });
    const { stdout } = await zerogpuIn(dir, ['check', 'a', 'b', '--format', 'compact']);
    expect(stdout).toContain('b/requirements.txt:1:1: warning ZG201');
    expect(stdout).not.toContain('a/requirements.txt:1:1: warning ZG201');
  });
});

describe('silence', () => {
  const ignoring = (comment: string) => ({
    ...CLEAN,
    'requirements.txt': `torch==2.3.0  ${comment}\n`,
  });

  it.each([
    '# zerogpu: ignore ZG201 tried',
    '# zerogpu: ignore torch-unsupported',
    '# zerogpu: ignore ZG202, zg201',
    '# zerogpu: ignore-file ZG201',
  ])('by %s', async (comment) => {
    const { code, stdout } = await check(ignoring(comment), '--select', 'ZG201');
    expect(code).toBe(0);
    expect(stdout).toMatch(/ · 1 ignored/);
  });

  it.each(['# zerogpu: ignore', '# zerogpu: ignore ZG202', '# zerogpu ignore ZG201', '# ZG201'])(
    'not by %s',
    async (comment) => {
      expect((await check(ignoring(comment))).code).toBe(1);
    },
  );

  it('that is not needed is reported', async () => {
    const files = { ...CLEAN, 'requirements.txt': '# zerogpu: ignore ZG201\ntorch==2.8.0\n' };
    const { stdout } = await zerogpuIn(folderWith(files), [
      'check',
      '--format',
      'compact',
      '--select',
      'ZG100,ZG2',
    ]);
    expect(stdout).toBe('requirements.txt:1:1: info ZG100: nothing to ignore here for ZG201\n');
  });

  it('for a rule that was not asked is ignored', async () => {
    const files = { ...CLEAN, 'requirements.txt': '# zerogpu: ignore ZG201\ntorch==2.8.0\n' };
    const argv = ['check', '--format', 'compact', '--select', 'ZG100,ZG1,ZG2', '--ignore', 'ZG201'];
    expect((await zerogpuIn(folderWith(files), argv)).stdout).toBe('');
  });

  it('in Markdown is a Markdown comment', async () => {
    const readme = `${README}<!-- zerogpu: ignore-file ZG104 -->\n`.replace(/sdk_version.*\n/, '');
    const { stdout } = await check({ ...CLEAN, 'README.md': readme }, '--format', 'compact');
    expect(stdout).toBe('');
  });
});

describe('zerogpu.json', () => {
  const withConfig = (config: object | string, ...argv: string[]) => {
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    return zerogpuIn(folderWith({ ...BROKEN, 'zerogpu.json': text }), [
      'check',
      ...argv,
      '--format',
      'compact',
    ]);
  };

  it('chooses rules, and flags choose again', async () => {
    const config = { check: { select: ['ZG2'], ignore: ['torch-unsupported'] } };
    expect((await withConfig(config)).stdout).not.toMatch(/ZG1|ZG201/);
    expect((await withConfig(config, '--select', 'ZG201')).stdout).toMatch(/ZG201/);
  });

  it('makes warnings fail', async () => {
    const config = { check: { select: ['ZG204'], strict: true } };
    expect((await withConfig(config)).code).toBe(1);
  });

  it.each<[object | string, string]>([
    ['{', 'is not JSON'],
    [{ plattform: 'h200' }, 'plattform: unknown key; did you mean platform?'],
    [{ check: { selekt: [] } }, 'check.selekt: unknown key; did you mean select?'],
    [{ check: { strict: 'yes' } }, 'check.strict: '],
    ['[]', 'the file: '],
  ])('%j is wrong use', async (config, text) => {
    expectError(await withConfig(config), 2, 'E_CONFIG_INVALID', text);
  });

  it('names the rule that does not exist', async () => {
    const said = await withConfig({ check: { ignore: ['ZG9'] } });
    expectError(said, 2, 'E_CHECK_RULE_UNKNOWN', /zerogpu\.json: there is no rule "ZG9"/);
  });

  it('may not be a folder', async () => {
    const dir = folderWith(CLEAN);
    mkdirSync(join(dir, 'zerogpu.json'));
    expectError(await zerogpuIn(dir, ['check']), 2, 'E_CONFIG_INVALID', 'zerogpu.json');
  });
});

describe('--fix', () => {
  it('fixes, says so, and reports the rest', async () => {
    const dir = folderWith({
      ...CLEAN,
      'requirements.txt': 'spaces==0.32.0  # why\ntorch==2.3.0\n',
    });
    const said = await zerogpuIn(dir, [
      'check',
      '--fix',
      '--select',
      'ZG201,ZG204',
      '--format',
      'compact',
    ]);
    expect(said.stderr).toBe('fixed 2 findings in .: requirements.txt\n');
    expect(said.stdout).toBe('');
    expect(said.code).toBe(0);
    expect(readFileSync(join(dir, 'requirements.txt'), 'utf8')).toBe(
      'spaces  # why\ntorch==2.4.0\n',
    );
  });

  it('is shown by --diff, which changes nothing', async () => {
    const dir = folderWith({
      'demo/README.md': README,
      'demo/app.py': '',
      'demo/requirements.txt': 'a\nb\ntorch==2.3.0\nc\n',
    });
    const said = await zerogpuIn(dir, ['check', 'demo', '--diff']);
    expect(said).toEqual({
      code: 1,
      stderr: '',
      stdout:
        '--- a/demo/requirements.txt\n+++ b/demo/requirements.txt\n@@ -1,4 +1,4 @@\n a\n b\n-torch==2.3.0\n+torch==2.4.0\n c\n',
    });
    expect(readFileSync(join(dir, 'demo/requirements.txt'), 'utf8')).toContain('2.3.0');
    expect((await zerogpuIn(folderWith(CLEAN), ['check', '--diff'])).code).toBe(0);
  });
});

it('--watch checks again after a change, until it is interrupted', async () => {
  const dir = folderWith(CLEAN);
  const stop = new AbortController();
  const said: string[] = [];
  const stderr = { write: (text: string) => void said.push(text) };
  const { check: run } = await import('../../src/check/index.js');
  const ended = run(
    [],
    { watch: true, format: 'compact', select: 'ZG201' },
    {
      env: {},
      cwd: dir,
      stdout: { write: (text: string) => void said.push(text) } as never,
      stderr: stderr as never,
      interrupted: stop.signal,
    },
    '0',
  );
  await expect.poll(() => said.length).toBe(2);
  writeFileSync(join(dir, 'requirements.txt'), 'torch==2.3.0\n');
  await expect.poll(() => said.join('')).toContain('requirements.txt:1:1: error ZG201');
  stop.abort('SIGINT');
  expect(await ended).toBe(1);
});
