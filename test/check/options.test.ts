/** Fixes that ask for judgement, statistics, baseline, comments and patterns that silence, standard input. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { patternOf } from '../../src/check/file-patterns.js';
import { planFixes } from '../../src/check/fix/apply.js';
import { check } from '../../src/check/index.js';
import type { RawCheckOptions } from '../../src/check/options.js';
import { decodeSource } from '../../src/space/text.js';

const README = '---\nsdk: gradio\nsdk_version: 5.49.1\npython_version: 3.10.13\n---\n';
const COMPILE = 'net = torch.compile(torch.nn.Linear(2, 2))\n';
const APP = `import gradio as gr
import spaces
import torch
${COMPILE}
@spaces.GPU(duration=30)
def f(x):
    return x

gr.Interface(f, "text", "text").launch()
`;
let root: string;

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(raw: RawCheckOptions = {}, paths: readonly string[] = [], input = '') {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const stdin = Readable.from([Buffer.from(input)]);
  const interrupted = new AbortController().signal;
  const world = { env: { XDG_CONFIG_HOME: root }, cwd: root, stdout, stderr, stdin, interrupted };
  const code = await check(paths, { ascii: true, ...raw }, world, '1');
  return { code, out: stdout.text, err: stderr.text };
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'zerogpu-options-'));
  await put('README.md', README);
  await put('app.py', APP);
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('--baseline', () => {
  it('is written once, accepts what it has wherever it moves, and nothing new', async () => {
    const first = await run({ baseline: 'known.json' });
    expect(first).toMatchObject({ code: 0, out: '' });
    expect(first.err).toContain('known.json: 1 finding is accepted');
    await put('app.py', `# a line more\n${APP}`);
    expect((await run({ baseline: 'known.json' })).code).toBe(0);
    await put('app.py', `${APP}more = torch.compile(net)\n`);
    const { code, out } = await run({ baseline: 'known.json' });
    expect(code).toBe(1);
    expect(out).toContain('1 error');
    expect(out).toContain('more = torch.compile');
  });

  it('accepts as many findings on lines of the same text as there were', async () => {
    const again = 'if True:\n    net = torch.compile(torch.nn.Linear(2, 2))\n';
    await run({ baseline: 'known.json' });
    await put('app.py', `${APP}${again}`);
    const { code, out } = await run({ baseline: 'known.json' });
    expect(code).toBe(1);
    expect(out).toContain('1 error');
    await rm(join(root, 'known.json'));
    expect((await run({ baseline: 'known.json' })).err).toContain('2 findings are accepted');
    expect((await run({ baseline: 'known.json' })).code).toBe(0);
  });

  it('that can not be read is an error with its name', async () => {
    await put('known.json', '{"version": 2}');
    await expect(run({ baseline: 'known.json' })).rejects.toThrow(
      "baseline known.json can't be read",
    );
  });
});

describe('--statistics', () => {
  it('counts each rule', async () => {
    await put('app.py', APP.replace(COMPILE, COMPILE.repeat(5)));
    expect((await run({ statistics: true })).out).toBe(
      '   5  error    ZG305  torch-compile  (5 fixable)\n',
    );
    const { out } = await run({ statistics: true, json: true });
    expect(JSON.parse(out)).toMatchObject([{ rule: 'ZG305', count: 5, fixable: 5 }]);
  });

  it('has no form for CI', async () => {
    await expect(run({ statistics: true, format: 'sarif' })).rejects.toThrow('--statistics');
  });
});

describe('--add-ignore', () => {
  it('silences what is found, and a second run adds nothing', async () => {
    const { code, err } = await run({ addIgnore: true });
    expect(code).toBe(0);
    expect(err).toBe('ignored 1 finding in .\n');
    const text = await readFile(join(root, 'app.py'), 'utf8');
    expect(text).toContain('Linear(2, 2))  # zerogpu: ignore ZG305\n');
    await run({ addIgnore: true });
    expect(await readFile(join(root, 'app.py'), 'utf8')).toBe(text);
  });

  it('leaves a line alone on which a comment would be something else', async () => {
    const app = APP.replace(COMPILE, 'net = torch.compile(\\\n  torch.nn.Linear(2, 2))\n');
    await put('app.py', app);
    const { code, err } = await run({ addIgnore: true });
    expect(code).toBe(1);
    expect(err).toContain('not ignored: ZG305 in app.py');
    expect(await readFile(join(root, 'app.py'), 'utf8')).toBe(app);
  });
});

describe('perFileIgnores', () => {
  it('silences rules in the files that match, and no others', async () => {
    await put('vendor/a/b.py', `import torch\n${COMPILE}`);
    await put('app.py', `import vendor.a.b\n${APP}`);
    await put('zerogpu.json', '{"check": {"perFileIgnores": {"vendor/**": ["torch-compile"]}}}');
    const { out } = await run({ json: true });
    const [space] = JSON.parse(out).spaces;
    expect(space.findings.map(({ file }: { file: string }) => file)).toEqual(['app.py']);
    expect(space.ignored).toBe(1);
    expect(space.verdicts[0].errors).toBe(1);
  });

  it('wants rules that there are', async () => {
    await put('zerogpu.json', '{"check": {"perFileIgnores": {"a.py": ["nope"]}}}');
    await expect(run()).rejects.toThrow('there is no rule "nope"');
  });

  it.each([
    ['vendor/**', 'vendor/a/b.py', true],
    ['vendor/', 'vendor/a/b.py', true],
    ['**/test_*.py', 'test_a.py', true],
    ['**/test_*.py', 'a/b/test_a.py', true],
    ['*.py', 'a/b.py', false],
    ['a?.py', 'ab.py', true],
    ['a.py', 'axpy', false],
    ['[x].py', '[x].py', true],
  ])('%s and %s: %s', (pattern, path, isMatch) => {
    expect(patternOf(pattern).test(path)).toBe(isMatch);
  });
});

describe('standard input', () => {
  it('is checked as an app file: code, and nothing else', async () => {
    const { code, out } = await run({}, ['-'], APP);
    expect(code).toBe(1);
    expect(out).toContain('app.py:4:7  error ZG305');
    expect(out).not.toContain('ZG1');
  });

  it('can not be fixed', async () => {
    await expect(run({ fix: true }, ['-'], APP)).rejects.toThrow('--fix is for folders');
  });
});

describe('--unsafe-fixes', () => {
  const range = { line: 1, column: 1, endLine: 1, endColumn: 2 };
  const edits = [{ file: 'a.py', range, newText: 'y' }];
  const finding = {
    ...({ rule: 'ZG305', severity: 'error', file: 'a.py', range, data: {} } as const),
    ...{ isUnreached: false, alsoFineOn: [] },
    fix: { edits, safety: 'unsafe' as const },
  };
  const sources = new Map([['a.py', decodeSource(Buffer.from('x\n'))]]);

  it('are made only when they are asked for', () => {
    expect(planFixes([finding], sources).files).toEqual([]);
    expect(planFixes([finding], sources, true).files[0]?.after).toBe('y\n');
  });

  it('need --fix or --diff', async () => {
    await expect(run({ unsafeFixes: true })).rejects.toThrow('--unsafe-fixes needs');
  });
});
