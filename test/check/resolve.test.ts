/** `check --resolve`: what is asked of uv, what is made of its answers, and how a run without an answer ends. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { askUv } from '../../src/check/resolve/ask-uv.js';
import { resolutionQuestion } from '../../src/check/resolve/question.js';
import { namesInReason, readUvAnswer } from '../../src/check/resolve/uv-answer.js';
import { filesInMemory, readSpaceModel } from '../../src/space/index.js';
import { folderWith, README, zerogpuIn } from '../support/check/space.js';

vi.setConfig({ testTimeout: 30_000 });

const NEW = `error: No solution found when resolving dependencies
  cause: Because torchvision==0.22.0 depends on torch==2.7.0 and you require torch==2.8.0, we can conclude that your requirements and torchvision==0.22.0 are incompatible.
         And because you require torchvision==0.22.0, we can conclude that your requirements are unsatisfiable.
`;
const FRAMED = `  × No solution found when resolving dependencies:
  ╰─▶ Because torchvision==0.22.0 depends on torch==2.7.0 and you require
      torch==2.8.0, we can conclude that your requirements and
      torchvision==0.22.0 are incompatible.
      And because you require torchvision==0.22.0, we can conclude that your
      requirements are unsatisfiable.
`;
const SPLIT = `error: No solution found when resolving dependencies (split 1)
  cause: Because you require numpy==99 and numpy<1.20, we can conclude that your requirements are unsatisfiable.

hint: something that helps
`;
const NO_WHEELS = `error: No solution found when resolving dependencies
  cause: Because all versions of flash-attn have no usable wheels and you require flash-attn, we can conclude that your requirements are unsatisfiable.

hint: Wheels are required for \`flash-attn\` because building from source is disabled for all packages (i.e., with \`--no-build\`)
`;
const UNREACHABLE = `error: Request failed after 1 retry in 1.3s
  cause: Failed to fetch: http://user:secret@index.example/simple/six/
  cause: error sending request for url (http://index.example/simple/six/)
  cause: dns error
`;
const GONE = `error: Failed to download \`foo @ https://example.org/foo-1-py3-none-any.whl\`
  cause: Failed to fetch: https://example.org/foo-1-py3-none-any.whl
  cause: HTTP status client error (404 Not Found) for url (https://example.org/foo-1-py3-none-any.whl)
`;

describe("uv's answer", () => {
  it.each([NEW, FRAMED])('a conflict is its reason, without frame and line breaks', (text) => {
    expect(readUvAnswer(false, '', text)).toEqual({
      kind: 'conflict',
      words:
        'Because torchvision==0.22.0 depends on torch==2.7.0 and you require torch==2.8.0, we can conclude that your requirements and torchvision==0.22.0 are incompatible. And because you require torchvision==0.22.0, we can conclude that your requirements are unsatisfiable.',
    });
  });

  it.each<[string, string, object]>([
    [
      'hints are not the reason',
      SPLIT,
      {
        kind: 'conflict',
        words:
          'Because you require numpy==99 and numpy<1.20, we can conclude that your requirements are unsatisfiable.',
      },
    ],
    ['a package without wheels', NO_WHEELS, { kind: 'source-only', names: ['flash-attn'] }],
    [
      'no network, and no password of the index',
      UNREACHABLE,
      { kind: 'failed', why: "the package index index.example can't be reached" },
    ],
    ['another failure', 'error: unexpected argument\n', { why: 'uv says: unexpected argument' }],
    ['no words', '', { kind: 'failed', why: 'uv ended without an answer' }],
    ['a wheel that is gone', GONE, { url: 'https://example.org/foo-1-py3-none-any.whl' }],
  ])('%s', (_name, text, wanted) => {
    expect(readUvAnswer(false, '', text)).toMatchObject(wanted);
  });

  it('counts what it resolved', () => {
    const stdout = 'numpy==2.2.6\n    # via x\n--index-url https://x\ntorch==2.8.0\n';
    expect(readUvAnswer(true, stdout, '')).toEqual({ kind: 'resolved', packages: 2 });
  });

  it('names packages whole, the last mention first', () => {
    const words =
      'Because torch-vision==1 depends on torch>=2.1 and you require torch<2, and a.b-c';
    const names = ['torch', 'vision', 'torch-vision', 'a-b-c', 'torchaudio'];
    expect(namesInReason(words, names)).toEqual(['a-b-c', 'torch', 'torch-vision']);
  });
});

describe('the question', () => {
  it('is what the platform installs in one go; the rest is named', async () => {
    const files = filesInMemory({
      'README.md': Buffer.from(README),
      'requirements.txt': Buffer.from(
        [
          '--extra-index-url https://download.pytorch.org/whl/cu128',
          '-f ./wheels',
          'torch==2.8.0+cu128 # fast',
          'six ; python_version < "3"',
          'numpy==1.26.4 --hash=sha256:00',
          'git+https://github.com/x/y.git#egg=y',
          './local',
          `private @ https://\${TOKEN}@example.org/p.whl`,
          'https://example.org/foo-1-py3-none-any.whl',
          '-c limits.txt',
        ].join('\n'),
      ),
      'limits.txt': Buffer.from('pillow<11\n'),
    });
    const space = await readSpaceModel('demo', files);
    expect(resolutionQuestion(space, '3.10.13')).toEqual({
      python: '3.10.13',
      options: ['--extra-index-url https://download.pytorch.org/whl/cu128'],
      requirements: [
        'torch==2.8.0+cu128',
        'six ; python_version < "3"',
        'numpy==1.26.4',
        'https://example.org/foo-1-py3-none-any.whl',
        'gradio[oauth,mcp]==5.49.1',
        'spaces',
      ],
      constraints: ['pillow<11'],
      allowsPreReleases: false,
      left: [
        'y (built from source)',
        './local (a folder or file of the Space)',
        'private (it has a variable)',
      ],
    });
  });
});

/** A folder with a program `uv` that does what the lines of a shell say. */
function fakeUv(...lines: readonly string[]): string {
  const bin = folderWith({ uv: ['#!/bin/sh', ...lines, ''].join('\n') });
  chmodSync(join(bin, 'uv'), 0o755);
  return bin;
}

const question = {
  requirements: ['six'],
  options: [],
  constraints: [],
  allowsPreReleases: false,
  python: '3.10.13',
  left: [],
};
const interrupted = new AbortController().signal;

describe('asking uv', () => {
  it('builds nothing, for the Python of the platform', async () => {
    const bin = fakeUv('echo "$@" > "$0.argv"; cat requirements.txt > "$0.asked"; echo six==1');
    const answer = await askUv(join(bin, 'uv'), question, { env: process.env, interrupted });
    expect(answer).toEqual({ kind: 'resolved', packages: 1, left: [] });
    expect(readFileSync(join(bin, 'uv.asked'), 'utf8')).toBe('six\n');
    const argv = readFileSync(join(bin, 'uv.argv'), 'utf8');
    expect(argv).toMatch(/--no-build .*x86_64-unknown-linux-gnu .*--python-version 3\.10\.13/);
  });

  it('sets packages aside that have no wheel', async () => {
    const bin = fakeUv(
      'if grep -q flash-attn overrides.txt; then cp overrides.txt "$0.overrides"; echo six==1; exit 0; fi',
      `cat >&2 <<'END'\n${NO_WHEELS}END`,
      'exit 1',
    );
    const answer = await askUv(join(bin, 'uv'), question, { env: process.env, interrupted });
    expect(answer).toEqual({
      kind: 'resolved',
      packages: 1,
      left: ['flash-attn (built from source)'],
    });
    expect(readFileSync(join(bin, 'uv.overrides'), 'utf8')).toBe(
      'flash-attn ; sys_platform == "none"\n',
    );
  });

  it('waits no longer than it may, and leaves no process', async () => {
    const bin = fakeUv('echo $$ > "$0.pid"; exec sleep 30');
    const options = { env: process.env, interrupted, longestMs: 1_000 };
    const answer = await askUv(join(bin, 'uv'), question, options);
    expect(answer).toMatchObject({ kind: 'unknown', why: 'uv gave no answer within 1 s' });
    const pid = Number(readFileSync(join(bin, 'uv.pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('ends at an interruption', async () => {
    const bin = fakeUv('echo $$ > "$0.pid"; exec sleep 30');
    const abort = new AbortController();
    const asked = askUv(join(bin, 'uv'), question, {
      env: process.env,
      interrupted: abort.signal,
    });
    await expect.poll(() => existsSync(join(bin, 'uv.pid'))).toBe(true);
    abort.abort(new Error('Ctrl-C'));
    await expect(asked).rejects.toThrow('Ctrl-C');
  });

  it('says when uv is not a program', async () => {
    const bin = folderWith({ uv: 'nothing' });
    const answer = await askUv(join(bin, 'uv'), question, { env: process.env, interrupted });
    expect(answer).toMatchObject({ kind: 'unknown', why: expect.stringMatching(/EACCES/) });
  });
});

describe('check --resolve', () => {
  const SPACE = {
    'README.md': README,
    'app.py': 'import spaces\n',
    'requirements.txt': 'scipy==1.15.0\nnumpy==1.21\n',
  };
  const run = (bin: string, ...argv: string[]) => {
    const dir = folderWith(SPACE);
    mkdirSync(join(dir, 'home'));
    const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: join(dir, 'home') };
    return zerogpuIn(dir, ['check', '--select', 'ZG2', ...argv], env);
  };

  it('names the line, with the words of uv', async () => {
    const words =
      'Because scipy==1.15.0 depends on numpy>=1.23.5,<2.5 and you require scipy==1.15.0, we can conclude that you require numpy>=1.23.5,<2.5. And because you require numpy==1.21, we can conclude that your requirements are unsatisfiable.';
    const bin = fakeUv(
      `cat >&2 <<'END'\nerror: No solution found when resolving dependencies\n  cause: ${words}\nEND`,
      'exit 1',
    );
    const { code, stdout } = await run(bin, '--resolve', '--format', 'compact');
    expect(stdout).toContain('requirements.txt:2:1: error ZG227: uv finds no versions for numpy');
    expect(stdout).toContain(words);
    expect(code).toBe(1);
    const { code: without, stdout: quiet } = await run(bin, '--format', 'compact');
    expect({ without, quiet }).toEqual({ without: 0, quiet: '' });
  });

  it('0 when everything fits', async () => {
    const { code, stdout, stderr } = await run(fakeUv('echo scipy==1; echo numpy==1'), '--resolve');
    expect(stderr).toContain('uv finds versions for all requirements, 2 packages');
    expect(stdout).toMatch(/^✓/);
    expect(code).toBe(0);
  });

  it('3 when uv gives no answer: the report says what was not checked', async () => {
    const bin = fakeUv(`cat >&2 <<'END'\n${UNREACHABLE}END`, 'exit 2');
    const { code, stdout } = await run(bin, '--resolve');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      "not checked: requirements as a whole (the package index index.example can't be reached)",
    );
    expect(code).toBe(3);
  });

  it('3 without uv, before anything is checked', async () => {
    const empty = folderWith({});
    writeFileSync(join(empty, 'other'), '');
    const dir = folderWith(SPACE);
    const env = { PATH: empty, HOME: empty };
    const said = await zerogpuIn(dir, ['check', '--resolve'], env);
    expect(said.stderr).toMatch(/E_CHECK_RESOLVE[\s\S]*fix {4}pip install uv/);
    expect({ code: said.code, stdout: said.stdout }).toEqual({ code: 3, stdout: '' });
  });
});
