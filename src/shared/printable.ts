/**
 * The border between text from outside and a terminal: names of files, Spaces and functions, errors of a
 * Hub, lines of an app. A control character in them is shown as it would stand in JSON, `\u001b`, and does
 * nothing; so is what turns the direction of the text.
 */
import type { Writable } from 'node:stream';
import { PAINT_CODES } from './paint.js';

const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escaped = (text: string): string =>
  [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** Text of one or more lines that does nothing to a terminal but to be read. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, escaped);
}

/** The same for what has to stay in one line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', ' ');
}

/** Our text around text that is already escaped: our colours stay. */
export function printablePainted(text: string): string {
  return text
    .split(PAINT_CODES)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('');
}

const drawn = new WeakMap<object, object>();

/**
 * A stream of the process for text: whatever is written to it is printable.
 *
 * @param keepsColours of `paint`
 */
export function forText<Stream extends Writable>(stream: Stream, keepsColours: boolean): Stream {
  const show = keepsColours ? printablePainted : printable;
  const write = (chunk: unknown, ...rest: unknown[]) =>
    Reflect.apply(stream.write, stream, [typeof chunk === 'string' ? show(chunk) : chunk, ...rest]);
  const guarded = new Proxy(stream, {
    get(target, key) {
      if (key === 'write') return write;
      // A stream's own functions want the stream itself.
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  drawn.set(guarded, stream);
  return guarded;
}

/** The same stream for what draws on the terminal by itself, and sees to the text in the drawing. */
export function forDrawing<Stream extends object>(stream: Stream): Stream {
  return (drawn.get(stream) as Stream | undefined) ?? stream;
}
