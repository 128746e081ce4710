/** No text from outside reaches a terminal with a code in it. */
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderUserError } from '../../src/cli/failure.js';
import { UNICODE_SYMBOLS } from '../../src/run/console/call-lines.js';
import { textConsole } from '../../src/run/console/console.js';
import { UserError } from '../../src/shared/errors.js';
import { ansiPaint, PAINT_CODES } from '../../src/shared/paint.js';
import {
  forDrawing,
  forText,
  printable,
  printableLine,
  printablePainted,
} from '../../src/shared/printable.js';
import { span } from '../../src/tui/lines.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CODES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const any = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\u001b', '[', '31m', ']0;', '\u0007', '\u009b', '\r', '\u202e', '\n'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
});
const HOSTILE = '\u001b[31mred\u001b]0;title\u0007\u009b2J\r\u202e';

describe('text from outside', () => {
  it('has no code left, and says what was there', () => {
    expect(printable(HOSTILE)).toBe('\\u001b[31mred\\u001b]0;title\\u0007\\u009b2J\\u000d\\u202e');
    expect(printableLine('a\nb\tc')).toBe('a\\nb c');
    fc.assert(
      fc.property(any, (text) => {
        expect(printable(text)).not.toMatch(CODES);
        expect(printable(printable(text))).toBe(printable(text));
        expect(printableLine(text)).not.toMatch(/[\n\r\t]/);
        expect(
          printablePainted(text)
            .split(PAINT_CODES)
            .filter((_, i) => i % 2 === 0)
            .join(''),
        ).not.toMatch(CODES);
      }),
    );
  });

  it('stays what it was where nothing is in it, in any language', () => {
    for (const text of ['naïve €', '日本語 🧪', 'a\n  b\tc', '👩‍🔬'])
      expect(printable(text)).toBe(text);
  });

  it('in JSON is the same value to whoever reads it', () => {
    fc.assert(
      fc.property(any, (text) => {
        expect(JSON.parse(printable(JSON.stringify(text)))).toBe(text);
      }),
    );
  });
});

describe('a stream for text', () => {
  const written = (keepsColours: boolean, text: string) => {
    const stream = new PassThrough();
    forText(stream, keepsColours).write(text);
    return String(stream.read());
  };

  it('keeps our colours where somebody wants them, and nothing else', () => {
    const painted = ansiPaint('red', 'x');
    expect(written(true, painted)).toBe(painted);
    expect(written(true, HOSTILE)).not.toContain('\u001b]');
    expect(written(false, painted + HOSTILE)).not.toMatch(CODES);
  });

  it('is the stream in all else, and gives it back for drawing', async () => {
    const stream = new PassThrough();
    const guarded = forText(stream, false);
    expect(forDrawing(guarded)).toBe(stream);
    expect(forDrawing(stream)).toBe(stream);
    const ended = new Promise((resolve) => guarded.once('end', resolve));
    expect(guarded.writableNeedDrain).toBe(false);
    guarded.end();
    stream.resume();
    await ended;
    expect(guarded.listenerCount('end')).toBe(stream.listenerCount('end'));
  });
});

describe('what is shown', () => {
  it('of errors, lines of an app, names of functions and visitors, and panels has no codes', () => {
    fc.assert(
      fc.property(any, (text) => {
        const error = new UserError('E_HUB_ANSWER', text, { why: text, fix: text });
        expect(renderUserError(error)).not.toMatch(CODES);
        const lines: string[] = [];
        const clock = {
          now: () => ({ wallMs: 0, monotonicMs: 0 }),
          after: () => ({ cancel() {} }),
        };
        const console = textConsole((line) => lines.push(line), clock, UNICODE_SYMBOLS);
        console.app(text, 'stdout');
        console.told(text, text);
        console.warn(text);
        console.progress(text);
        console.stopping(text);
        expect(lines.join('\n')).not.toMatch(CODES);
        expect(span(text).text).not.toMatch(CODES);
      }),
    );
  });
});
