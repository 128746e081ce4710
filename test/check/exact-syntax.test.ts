import { describe, expect, it } from 'vitest';
import { type AskPython, confirmSyntax, type SyntaxVerdict } from '../../src/check/exact-syntax.js';
import { pythonOf } from '../support/space/python.js';

function answering(minor: string, verdict: SyntaxVerdict): AskPython {
  return async (files) => ({ minor, verdicts: new Map(files.map(({ path }) => [path, verdict])) });
}
const wrong = { line: 2, column: 5, message: 'invalid syntax' };
const broken = 'import spaces\ndef f(:\n    pass\n';

async function regionsAfter(source: string, ask: AskPython) {
  const model = await confirmSyntax(await pythonOf(source), '3.10', ask);
  return model.app ? model.syntaxErrorsOf(model.app) : [];
}

describe('exact syntax', () => {
  it('asks about files that the parser stumbled over, and no others', async () => {
    const asked: string[] = [];
    const ask: AskPython = async (files) => {
      asked.push(...files.map(({ path }) => path));
      return null;
    };
    await confirmSyntax(await pythonOf('x = 1\n'), '3.10', ask);
    expect(asked).toEqual([]);
    await confirmSyntax(await pythonOf({ 'app.py': 'import b\n', 'b.py': broken }), '3.10', ask);
    expect(asked).toEqual(['b.py']);
  });

  it.each([
    ['except without brackets', 'try: pass\nexcept A, B: pass\n'],
    ['except*', 'try: pass\nexcept* A: pass\n'],
    ['type parameters', 'def f[T](x: T): ...\n'],
    ['a mixture of tabs and blanks', 'if x:\n    if y:\n\tz = 1\n'],
  ])('asks about %s, which the grammar takes and not every Python does', async (_name, source) => {
    const regions = await regionsAfter(source, answering('3.10', wrong));
    expect(regions.map(({ isCertain }) => isCertain)).toEqual([true]);
  });

  it('does not ask about a match statement, which each Python of the platform has', async () => {
    const source = 'match x:\n    case 1: pass\n';
    expect(await regionsAfter(source, answering('3.10', wrong))).toEqual([]);
  });

  it.each([
    ['refuses', '3.10', wrong, [true]],
    ['reads it', '3.10', null, []],
    ['is newer and refuses', '3.12', wrong, [true]],
    ['is newer and reads it', '3.12', null, []],
    ['is older and reads it', '3.9', null, []],
  ])('a Python that %s is believed', async (_name, minor, verdict, certain) => {
    const regions = await regionsAfter(broken, answering(minor, verdict));
    expect(regions.map(({ isCertain }) => isCertain)).toEqual(certain);
  });

  it('an older Python that refuses may not know newer syntax', async () => {
    const regions = await regionsAfter(broken, answering('3.9', wrong));
    expect(regions.some(({ isCertain }) => isCertain)).toBe(false);
    expect(regions.length).toBeGreaterThan(0);
  });

  it('no Python leaves the parser alone with its doubt', async () => {
    const regions = await regionsAfter(broken, async () => null);
    expect(regions.every(({ isCertain }) => !isCertain)).toBe(true);
  });

  it('the words of Python 2 are doubted', async () => {
    expect(await regionsAfter('print "x"\n', answering('3.10', wrong))).toEqual([
      expect.objectContaining({ isCertain: true, reason: 'invalid syntax' }),
    ]);
  });
});
