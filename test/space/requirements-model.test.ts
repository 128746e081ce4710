import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesInMemory } from '../../src/space/index.js';
import { readRequirementsModel } from '../../src/space/requirements-model.js';

async function read(content: string | Uint8Array, others: Record<string, string> = {}) {
  const files = filesInMemory({ ...others, 'requirements.txt': content });
  const model = await readRequirementsModel('requirements.txt', (file) => files.read(file));
  if (!model) throw new Error('no model');
  return model;
}

async function problemsOf(content: string): Promise<readonly string[]> {
  const { entries, options } = await read(content);
  return [
    ...entries.flatMap((one) => [one.problem?.reason, one.optionProblem]),
    ...options.map((one) => one.problem),
  ].filter((reason) => typeof reason === 'string');
}

describe('what pip takes', () => {
  // Each was given to the requirements parser of pip 26.3.
  it.each([
    'torch',
    'torch==2.1.0+cu118',
    'torch == 2.1 ; python_version<"3.11"',
    'torch>=1;python_version<"3.8" and sys_platform=="linux"',
    'torch[a,b]>=1 ,<2',
    'torch (>=1,<2)',
    'torch>=2.0,',
    'torch==v1.0',
    'torch==1!1.0',
    'torch===weird',
    'torch==2.0 # c',
    'torch\\\n==2.0',
    'torch==2.0 \\\n  --hash=sha256:abc \\\n  --hash=sha256:def',
    'foo @ https://a/b-1.0-py3-none-any.whl ; python_version<"3"',
    'foo@https://a/b-1.0-py3-none-any.whl',
    'https://a/b-1.0-py3-none-any.whl',
    'git+https://github.com/a/b.git',
    '-e git+https://github.com/a/b.git#egg=b',
    '-e .',
    '--extra-index https://x',
    '-ihttps://x',
    '--pre',
    'torch --index-url https://x',
    `\${NAME}==1`,
    'torch\u000bnumpy',
    '# coding: latin-1\r\ntorch\r\n\r\n  # more\r\nnumpy',
  ])('%j', async (line) => expect(await problemsOf(line)).toEqual([]));
});

describe('what pip refuses', () => {
  it.each([
    ['torch=2.0', 'one = compares nothing; write torch==2.0'],
    ['torch=>2.0', '=> is written >='],
    ['torch 2.0', 'the version needs an operator: torch==2.0'],
    ['torch==', 'a version is missing'],
    ['torch>1.0<2', '">1.0<2" is not a version that pip can compare'],
    ['pip install torch', 'pip expects a version after pip, and finds "install torch"'],
    ['torch==2.1;bogus=="a"', '"bogus=="a"" is not an environment marker'],
    ['torch[', 'the extras in brackets are no list of names'],
    ['torch@', 'a URL is missing after @'],
    ['==1', 'it does not begin with the name of a package'],
    ['https://a/b.whl', 'b.whl is not the name of a wheel (name-version-python-abi-platform.whl)'],
    ['-e git+https://g/a.git', 'an editable URL has to name its package: git+https://…#egg=NAME'],
    [
      'flash-attn --no-build-isolation',
      'pip has no option --no-build-isolation in a requirements file',
    ],
    ['torch -U', 'pip has no option -U in a requirements file'],
    ['--find-links', '--find-links needs a value'],
    ['--index-url "https://x', 'a quotation mark is not closed'],
  ])('%j', async (line, reason) => expect(await problemsOf(line)).toEqual([reason]));

  it('since 24.1', async () => {
    const { entries } = await read('torch>=2.*\nnumpy>=1.0+cu118');
    expect(entries.map(({ problem }) => problem?.kind)).toEqual(['legacy', 'legacy']);
  });
});

describe('where a requirement stands', () => {
  it('counts lines and columns in the file, whatever the line ends', async () => {
    const { entries } = await read('# head\r\n  torch == 2.3.0  # why\r\n');
    expect(entries[0]).toMatchObject({
      line: 2,
      range: { line: 2, column: 3, endLine: 2, endColumn: 17 },
      specifierRange: { line: 2, column: 9, endLine: 2, endColumn: 17 },
    });
  });

  it('spans continued lines', async () => {
    const { entries } = await read('torch==2.0 \\\n  --hash=sha256:abc\nnumpy');
    expect(entries.map(({ range }) => [range.line, range.endLine])).toEqual([
      [1, 2],
      [3, 3],
    ]);
    expect(entries[0]?.requirementRange).toEqual({ line: 1, column: 1, endLine: 1, endColumn: 11 });
    expect(entries[0]?.options).toEqual([
      { name: '--hash', value: 'sha256:abc', perRequirement: true },
    ]);
  });

  it('reads UTF-16 with its mark', async () => {
    const text = 'torch==2.0\r\n';
    const bytes = new Uint8Array([0xff, 0xfe, ...Buffer.from(text, 'utf16le')]);
    const { entries } = await read(bytes);
    expect(entries.map(({ text: written }) => written)).toEqual(['torch==2.0']);
  });
});

describe('includes', () => {
  it('are followed from the folder of the file that names them', async () => {
    const model = await read('-r more/base.txt\n-c limits.txt\n-r none.txt', {
      'more/base.txt': 'numpy\n-r more.txt\n-r ../requirements.txt',
      'more/more.txt': 'pandas',
      'limits.txt': 'numpy<2',
    });
    expect(model.entries.map((one) => [one.file, one.text, one.isConstraint])).toEqual([
      ['more/base.txt', 'numpy', false],
      ['limits.txt', 'numpy<2', true],
      ['more/more.txt', 'pandas', false],
    ]);
    expect(model.includes.filter(({ exists }) => !exists).map(({ path }) => path)).toEqual([
      'none.txt',
    ]);
  });

  it('that lead out of the Space are not read', async () => {
    const model = await read('-r ../../etc/passwd\n-r /etc/passwd');
    expect(model.includes.map(({ exists }) => exists)).toEqual([false, false]);
  });
});

it('reads anything without an error, and every range is within the file', async () => {
  const parts = fc.constantFrom(
    'torch',
    '==',
    '\\\n',
    '\n',
    '\r\n',
    ' ',
    '#',
    '-r x',
    '"',
    "'",
    '\u2028',
    ';',
    '[',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(parts).map((all) => all.join('')),
  );
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const { entries, options, sources } = await read(text);
      const lines = sources.get('requirements.txt')?.lines ?? [];
      for (const { range } of [...entries, ...options]) {
        expect(range.line).toBeGreaterThan(0);
        expect(range.endLine).toBeLessThanOrEqual(lines.length);
        expect(range.column).toBeGreaterThan(0);
        expect(range.endColumn).toBeLessThanOrEqual((lines[range.endLine - 1] ?? '').length + 1);
        const isForward = range.endLine > range.line || range.endColumn >= range.column;
        expect(isForward).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);
