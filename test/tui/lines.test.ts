import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, fitLine, pad, printable, span, textOf, widthOf, wrap } from '../../src/tui/lines.js';

const anyText = fc.string({ unit: 'grapheme', maxLength: 40 }).map(printable);

describe('text by columns', () => {
  it('counts what a terminal counts', () => {
    expect(widthOf('plain')).toBe(5);
    expect(widthOf('漢字')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(widthOf('→ ▸ █')).toBe(5);
  });

  it('marks a cut, and cuts no wide character in two', () => {
    expect(cut('generate', 8)).toBe('generate');
    expect(cut('generate', 5)).toBe('gene…');
    expect(cut('漢字漢字', 4)).toBe('漢…');
    expect(cut('abc', 0)).toBe('');
  });

  it('fills to the very column, whatever the text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 60 }), (text, columns) => {
        expect(widthOf(pad(text, columns))).toBe(columns);
        expect(widthOf(pad(text, columns, 'right'))).toBe(columns);
        expect(widthOf(textOf(fitLine([span(text), span(text)], columns)))).toBe(columns);
      }),
    );
  });

  it('breaks no line above its width, and loses no word that fits', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, fc.integer({ min: 9, max: 40 }), (parts, columns) => {
        const lines = wrap(parts.join(' '), columns);
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
        expect(lines.join(' ')).toBe(parts.join(' '));
      }),
    );
  });

  it('lets no name write elsewhere on the screen', () => {
    expect(printable('ada\u001b[2J\u0007\n\u202eadb')).toBe('ada?[2J???adb');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(printable(name)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
