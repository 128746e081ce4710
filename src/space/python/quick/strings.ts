/** The nodes of strings: a leaf, or the fields of an f-string. */
import { expressions } from './expressions.js';
import { as, type Growing, leaf, makeNode } from './nodes.js';
import { afterBackslash, fieldOf, type ReplacementField } from './string-end.js';
import { giveUp, type Tokens } from './tokens.js';

/** The string at the current token. */
export function stringNode(t: Tokens): Growing {
  const { text, start, end } = t;
  const prefix = /^[a-zA-Z]*/.exec(text.slice(start, start + 2))?.[0] ?? '';
  if (!/[fF]/.test(prefix)) return leaf('string', start, end);
  const first = start + prefix.length;
  const length = text.startsWith(text.slice(first, first + 1).repeat(3), first) && end - first >= 6;
  const contentEnd = end - (length ? 3 : 1);
  const fields: Growing[] = [];
  for (let i = first + (length ? 3 : 1); i < contentEnd; i += 1) {
    const c = text[i];
    if (c === '\\') i = afterBackslash(text, i, true);
    else if (c === '{' && text[i + 1] === '{') i += 1;
    else if (c === '{') {
      const field = fieldOf(text, i, 0) ?? giveUp();
      fields.push(interpolation(t, i, field, 'interpolation'));
      i = field.end;
    }
  }
  return makeNode('string', start, end, fields);
}

function interpolation(t: Tokens, start: number, field: ReplacementField, type: string): Growing {
  const { expressionEnd, conversion, format, inner, end } = field;
  const parts = [
    as(
      'expression',
      t.within(start + 1, expressionEnd, () => expressions(t)),
    ),
  ];
  if (conversion !== null) {
    parts.push(as('type_conversion', leaf('type_conversion', conversion, conversion + 2)));
  }
  if (format !== null) {
    const nested = inner.map((one) => interpolation(t, one.start, one.field, 'format_expression'));
    parts.push(as('format_specifier', makeNode('format_specifier', format, end, nested)));
  }
  return makeNode(type, start, end + 1, parts);
}
