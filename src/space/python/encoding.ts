import type { SourceText } from '../text.js';
import { rangeBetween } from './tree.js';
import type { SyntaxRegion } from './types.js';

/** PEP 263: in the first two lines. */
const COOKIE = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;

/** What Python refuses of a file's bytes, before it looks at a word of it. */
export function encodingErrors(source: SourceText): readonly SyntaxRegion[] {
  const first = source.text.slice(0, 200);
  if (source.encoding !== 'utf-8') {
    return [certain(source, 0, `it is ${source.encoding.toUpperCase()}, and Python reads UTF-8`)];
  }
  const null_ = source.text.indexOf('\0');
  if (null_ >= 0) return [certain(source, null_, 'it holds a null byte')];
  const cookie = first.split(/\r\n|\n|\r/, 2).flatMap((line) => COOKIE.exec(line)?.[1] ?? [])[0];
  const isUtf8 = cookie === undefined || /^utf[-_]?8/i.test(cookie);
  const lost = source.text.indexOf('\ufffd');
  if (!source.isExact && isUtf8 && lost >= 0) {
    return [certain(source, lost, 'these bytes are no UTF-8, and no other encoding is declared')];
  }
  return [];
}

function certain(source: SourceText, start: number, reason: string): SyntaxRegion {
  return { range: rangeBetween(source, start, start + 1), isCertain: true, reason };
}
