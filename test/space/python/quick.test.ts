import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPythonParser } from '../../../src/space/python/parser.js';
import { noteInterest, parseQuickly } from '../../../src/space/python/quick/index.js';
import type { PyNode } from '../../../src/space/python/types.js';

const fixtures = resolve(import.meta.dirname, '../../fixtures');
const INTEREST = /\b(?:cuda|import)\b/;
noteInterest(['cuda', 'import']);

/** Comments, and the quotes and texts around the fields of an f-string: the quick parser leaves them out. */
const LEFT_OUT = new Set(['line_continuation', 'string_start', 'string_content', 'string_end']);
/** Where these end depends on comments. */
const LOOSE = /^(?:module|block|decorator|.*_(?:definition|clause))$|^(?:if|for|while|try|with)_/;

/** One line a node. */
function linesOf({ type, field, start, end, children }: PyNode, indent = ''): readonly string[] {
  const kept = children.filter(
    (one) => !LEFT_OUT.has(one.type) && (one.type !== 'comment' || type === 'argument_list'),
  );
  const place = type === 'module' ? '' : LOOSE.test(type) ? `${start}` : `${start}-${end}`;
  const inner = kept.flatMap((one) => linesOf(one, `${indent}  `));
  return [`${indent}${field ?? ''}:${type} ${place}`, ...inner];
}

async function bySitter(text: string) {
  const parser = await loadPythonParser();
  return parser.parse({ text, encoding: null, hasByteOrderMark: false } as never, null);
}

/** @returns false where the text is left to tree-sitter */
async function expectSame(text: string): Promise<boolean> {
  const quick = parseQuickly(text, null);
  if (!quick) return false;
  const slow = await bySitter(text);
  expect(slow?.syntaxErrors).toEqual([]);
  expect(linesOf(quick.root)).toEqual(slow && linesOf(slow.root));
  return true;
}

const STATEMENTS = [
  'import a.b as c, d\n',
  'from .x import (y as z,\n  w,)\nfrom ... import *\nfrom __future__ import annotations\n',
  'x: int | None = 3\ny: list[str]\nz: Dict[str, a.b[int]] = {}\n',
  'x: list[int] | dict[str, int] | None = None\nx: a.B[int]\n',
  'def f(a, b: int = 1, *args: int, c=1, d: str = "x", **kw) -> Dict[str, int]:\n    return a, b\n',
  'def f(a, /, b, *, c): ...\n',
  '@dec(1)\n@other  # why\nasync def g():\n\tawait x.y(1)\n\tyield\n\tyield from y\n',
  'class A(B, metaclass=C):\n    """Doc."""\n    x = y = 1, 2\n    a, *b = (c, d), [e] = f\n    a += 1\n',
  'try:\n    pass\nexcept E as e: pass\nexcept (A, B):\n    raise X("a") from None\nelse: pass\nfinally: pass\n',
  'with a as b, c() as (d, e): pass\nwith (a as b, c): pass\nwith (a): pass\nasync with x: pass\n',
  'for i, (j, k) in a, b:\n    continue\nelse: pass\nwhile (n := f()) > 1: break\n',
  'if a: pass\nelif b < c <= d not in e is not f: pass\nelse:\n    pass\n',
  'a = b if c else lambda *x, y=1, **z: x\nnot a and b or c\nx = yield z\n-a ** -b @ c << 1 | ~d\n',
  '[x for x in y if z if w]\n{k: v for k, v in x}\nf(x async for x in y)\n(x for x, in y)\n{x for x in y}\n',
  '{**a, "b": c}\n{a, *b}\n(a, *b)\n(a,)\n()\n[]\n{}\na[1:2, ::3, ...]\na[b := 1]\n',
  'f(*a, **b, c=d,\n  # why\n  e=1)\n',
  'f"{a!r:>{w}} {{x}} {b=} {c["k"]:%Y}" \'y\' rf"\\d{x}" f"\\N{DASH}{a, b}"\n',
  'del a, b[0]\nassert a, "b"\nglobal q, r\nraise\na, b\nprint("x"); print\nmatch = type(x)\n',
  'x = 0x1F + 1_000 + 1.5e3 + 2j + .5 + 1.\n',
  'if x:\r\n    y = 1 \\\r\n        + 2\r\n# end\r\nz = """a\r\n"""',
  'été = "ü"\n\n\n  # odd\nx = 1',
];

describe('the parser for everyday Python', () => {
  it.each(STATEMENTS)('reads %j as tree-sitter does', async (text) => {
    expect(await expectSame(text)).toBe(true);
  });

  it('reads the Spaces of the fixtures as tree-sitter does, or leaves them to it', async () => {
    const paths = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.py'),
    );
    let read = 0;
    for (const path of paths) {
      const text = readFileSync(join(fixtures, path), 'utf8');
      if (await expectSame(text)) read += 1;
    }
    expect(paths.length - read).toBeLessThan(paths.length / 20);
  });

  it.each([
    ['a match statement', 'match x:\n    case 1: pass\n'],
    ['type parameters', 'def f[T](x: T): ...\n'],
    ['a type alias', 'type X = int\n'],
    ['except*', 'try: pass\nexcept* E: pass\n'],
    ['print of Python 2', 'print "x"\n'],
    ['a chevron', 'print >> f, x\n'],
    ['exec of Python 2', 'exec "x"\n'],
    ['backquotes', 'x = `y`\n'],
    ['an octal number of Python 2', 'x = 0777\n'],
    ['a long number of Python 2', 'x = 1L\n'],
    ['except with a comma', 'try: pass\nexcept A, e: pass\n'],
    ['blanks and tabs', 'if x:\n \ty = 1\n'],
    ['a dedent to nowhere', 'if x:\n    y = 1\n  z = 2\n'],
    ['an indent', 'x = 1\n    y = 2\n'],
    ['no block', 'if x:\ny = 1\n'],
    ['a string without an end', 'x = "\n'],
    ['a bracket without an end', 'x = (\n'],
    ['a bracket too many', 'x = )\n'],
    ['brackets of two kinds', 'x = (1]\n'],
    ['a merge that was not finished', '<<<<<<< HEAD\nx = 1\n'],
    ['a literal that is assigned to', '1 = x\n'],
    ['a null byte', 'x = "\0"\n'],
    ['deep brackets', `x = ${'('.repeat(500)}1${')'.repeat(500)}\n`],
  ])('leaves %s to tree-sitter', (_name, text) => {
    expect(parseQuickly(text, null)).toBeNull();
  });

  it('whatever the text, it reads what tree-sitter reads without an error, or nothing', async () => {
    const part = fc.constantFrom(
      ...['def f():\n', '    ', '\n', 'class A:\n', '"""', "'", '"', '(', ')', '\\\n', '# x', '\t'],
      ...['\r\n', 'x', ' = ', '1', ', ', ':', ' if ', ' else ', 'for x in ', 'return ', '[', ']'],
      ...[
        'f"',
        '{',
        '}',
        '.y',
        '*',
        'not ',
        'lambda: ',
        'import a',
        'await ',
        '@',
        ' as ',
        'with ',
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const text = parts.join('');
        const quick = parseQuickly(text, null);
        if (quick) expect((await bySitter(text))?.syntaxErrors).toEqual([]);
      }),
    );
  });
});

describe('bodies of a library that no rule reads', () => {
  const long =
    'x = "a long body of a function that no rule reads"\n    y = [1,\n  2]\n    return x';
  const bodies = (text: string) => {
    const read = parseQuickly(text, INTEREST);
    const found: number[] = [];
    const visit = (node: PyNode): void => {
      if (node.type === 'function_definition')
        found.push(node.children.at(-1)?.children.length ?? -1);
      node.children.forEach(visit);
    };
    if (read) visit(read.root);
    return { found, isParsedWhole: read?.isParsedWhole };
  };

  it('are left out, and those with a word of interest are read', () => {
    const text = `import a\ndef f(a,\n  b="):"):\n    ${long}\n\ndef g():\n    import b\n    ${long}\n`;
    expect(bodies(text)).toEqual({ found: [0, 4], isParsedWhole: false });
  });

  it.each([
    ['a word in a string', `def f():\n    """import"""\n    ${long}\n`],
    ['a word in a comment', `def f():  # import\n    ${long}  # import\n`],
    ['tabs', `def f():\n\t${long.replaceAll('    ', '\t')}\n`],
    ['CRLF', `def f():\n    ${long}\n`.replaceAll('\n', '\r\n')],
    ['an async function', `async def f():\n    ${long}\n`],
  ])('%s does not keep one', (_name, text) => {
    expect(bodies(text)).toEqual({ found: [0], isParsedWhole: false });
  });
});
