/** Whatever a Space or a command line holds, what the real process prints of it has no codes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zerogpu } from '../support/cli.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CODES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const BAD = '\u001b[31mred\u001b]0;title\u0007\u009b2J\u202e';
const parent = mkdtempSync(join(tmpdir(), 'zerogpu-hostile-'));
const dir = join(parent, `space ${BAD}`);

beforeAll(() => {
  mkdirSync(join(dir, BAD), { recursive: true });
  const front = [
    'sdk: gradio',
    `sdk_version: "9.9${BAD}"`,
    `app_file: "a${BAD}.py"`,
    'python_version: 3.10',
  ];
  writeFileSync(
    join(dir, 'README.md'),
    `---\n${front.join('\n').replaceAll('\u001b', '\\e').replaceAll('\u0007', '\\a').replaceAll('\u009b', '\\x9b')}\ntitle: "x\\e[31m"\n${'un\u202eknown'}: 1\n---\n`,
  );
  writeFileSync(
    join(dir, 'requirements.txt'),
    `torch==2.3.1${BAD}\nflash-attn ${BAD}\n${BAD}==1\nspaces\n-r ${BAD}\n`,
  );
  writeFileSync(join(dir, 'app.py'), `import spaces\n@spaces.GPU\ndef f(): "${BAD}"\n`);
  writeFileSync(join(dir, BAD, `${BAD}.py`), `import torch\ntorch.compile("${BAD}")\n`);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe('a Space full of escape codes', () => {
  it.each(['text', 'compact', 'github', 'junit', 'json', 'sarif'])(
    'prints none of them in a report as %s',
    async (format) => {
      const { stdout, stderr } = await zerogpu(['check', dir, '--format', format]);
      expect(stdout + stderr).not.toMatch(CODES);
      expect(stdout).toContain('ZG');
      if (format === 'json' || format === 'sarif') expect(() => JSON.parse(stdout)).not.toThrow();
    },
  );

  it.each([
    ['check', dir, '--diff'],
    ['check', `${dir}/no${BAD}`],
    ['run', dir, '--no-install'],
    ['run', dir, '--as', BAD],
    ['run', dir, '--log-format', 'json', '--host', BAD],
    ['explain', BAD],
    [BAD],
    ['config', 'get', BAD],
    ['state', 'export', '--space', dir, '--state-dir', join(parent, BAD)],
    ['state', 'import', join(dir, BAD), '--state-dir', parent],
    ['init', dir, '--template', BAD, '--yes'],
    ['doctor', dir],
  ])('prints none of them by: %s %s', async (...args) => {
    const { stdout, stderr } = await zerogpu(args, { env: { HF_HUB_OFFLINE: '1' } });
    expect(stdout + stderr).not.toMatch(CODES);
    expect(stdout + stderr).not.toBe('');
  });
});
