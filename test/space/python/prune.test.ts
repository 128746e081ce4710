import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pruneBodies } from '../../../src/space/python/prune.js';

const LONG = 'x = "a long body of a function that no rule reads"\n    y = [1,\n  2]\n    return x';
const prune = (text: string) => pruneBodies(text, (body) => /\bcuda\b/.test(body));

describe('bodies that no rule reads', () => {
  it('are left out, and everything else stays at its place', () => {
    const text = `import a\ndef f(a,\n  b="):"):\n    ${LONG}\n\ndef g():\n    cuda()\n    ${LONG}\n`;
    const pruned = prune(text);
    expect(pruned).toHaveLength(text.length);
    expect(pruned?.split('\n').map((line) => line.trimEnd())).toEqual(
      `import a\ndef f(a,\n  b="):"):\n    pass\n\n\n\n\ndef g():\n    cuda()\n    ${LONG}\n`.split(
        '\n',
      ),
    );
  });

  it.each([
    ['a word in a string', `def f():\n    """cuda"""\n    ${LONG}\n`],
    ['a word in a comment', `def f():  # cuda\n    ${LONG}  # cuda\n`],
    [
      'a method',
      `class A:\n    def f(self):\n        ${LONG.replaceAll('\n    ', '\n        ')}\n`,
    ],
    ['tabs', `def f():\n\t${LONG.replaceAll('    ', '\t')}\n`],
    ['CRLF', `def f():\n    ${LONG}\n`.replaceAll('\n', '\r\n')],
    ['an async function', `async def f():\n    ${LONG}\n`],
  ])('%s does not keep one', (_name, text) => {
    expect(prune(text)).toContain('pass');
  });

  it.each([
    ['a string without an end', `def f():\n    ${LONG}\n    x = "\n`],
    ['a bracket without an end', `def f():\n    ${LONG}\n    x = (\n`],
    ['a bracket too many', `def f():\n    ${LONG}\n    x = )\n`],
    ['a merge that was not finished', `def f():\n    ${LONG}\n<<<<<<< HEAD\n`],
  ])('%s is for the parser to see', (_name, text) => {
    expect(prune(text)).toBeNull();
  });

  it('whatever the text, its length and its line ends stay', () => {
    const part = fc.constantFrom(
      'def f():\n',
      '    ',
      '\n',
      'class A:\n',
      '"""',
      "'",
      '"',
      '(',
      ')',
      '\\\n',
      '# x',
      'cuda',
      'x = 1',
      '\t',
      '\r\n',
      LONG,
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        const pruned = prune(text);
        if (pruned === null) return;
        expect(pruned).toHaveLength(text.length);
        expect(pruned.replaceAll(/[^\r\n]/g, '')).toBe(text.replaceAll(/[^\r\n]/g, ''));
      }),
    );
  });
});
