import { isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import type { FrontMatterField, FrontMatterReading, TextRange } from './types.js';

/** The block between the first two lines of dashes, with the line that its YAML starts on (from 1). */
interface Block {
  readonly yaml: string;
  readonly firstLine: number;
}

/** Longer than any README's; a parser would think about it for seconds. */
const LONGEST_BLOCK = 256 * 1024;
const TOO_DEEP = 'it is nested too deeply';

/**
 * Reads the front matter of a README, whatever is in it.
 *
 * @param readme text without byte order mark
 */
export function parseFrontMatter(readme: string): FrontMatterReading {
  const block = findBlock(readme);
  if (block === null || block === 'unclosed') {
    return { state: 'absent', isUnclosed: block === 'unclosed' };
  }
  if (block.yaml.length > LONGEST_BLOCK) return broken(block.firstLine, null, 'it is too long');
  try {
    return parseBlock(block);
  } catch {
    // The parser's own limits: nesting without end, aliases of aliases.
    return broken(block.firstLine, null, TOO_DEEP);
  }
}

function findBlock(readme: string): Block | 'unclosed' | null {
  const opening = /^\s*---[ \t]*(?:\r\n|\n|\r)/.exec(readme);
  if (!opening) return null;
  const rest = readme.slice(opening[0].length);
  const closing = /^---[ \t]*$/m.exec(rest);
  if (!closing) return 'unclosed';
  const firstLine = opening[0].split(/\r\n|\n|\r/).length;
  return { yaml: rest.slice(0, closing.index), firstLine };
}

function parseBlock({ yaml, firstLine }: Block): FrontMatterReading {
  const lineCounter = new LineCounter();
  const rangeOf = (start: number, end: number): TextRange => {
    const [from, to] = [lineCounter.linePos(start), lineCounter.linePos(end)];
    return {
      line: from.line + firstLine - 1,
      column: from.col,
      endLine: to.line + firstLine - 1,
      endColumn: to.col,
    };
  };
  // Duplicates pass here and have a rule of their own: a Space that runs elsewhere must run here.
  const document = parseDocument(yaml.replaceAll(/\r\n?/g, '\n'), {
    uniqueKeys: false,
    lineCounter,
  });
  const wrong = document.errors[0];
  if (wrong) {
    const range = rangeOf(wrong.pos[0], Math.max(wrong.pos[0], wrong.pos[1]));
    return broken(range.line, range, (wrong.message.split('\n')[0] ?? '').trim());
  }
  const fields = new Map<string, FrontMatterField>();
  const duplicates: { name: string; keyRange: TextRange }[] = [];
  if (document.contents === null) return { state: 'read', fields, duplicates, firstLine };
  if (!isMap(document.contents)) return broken(firstLine, null, 'it has no `key: value` lines');
  for (const item of document.contents.items) {
    const read = readField(item, rangeOf);
    if (!read) continue;
    if (fields.has(read.name)) duplicates.push({ name: read.name, keyRange: read.field.keyRange });
    fields.set(read.name, read.field);
  }
  return { state: 'read', fields, duplicates, firstLine };
}

function readField(
  { key, value }: Pair<unknown, unknown>,
  rangeOf: (start: number, end: number) => TextRange,
): { name: string; field: FrontMatterField } | null {
  if (!isScalar(key)) return null;
  const [keyStart = 0, keyEnd = keyStart] = key.range ?? [];
  const keyRange = rangeOf(keyStart, keyEnd);
  const node = value as { range?: readonly number[]; toJSON?: () => unknown } | null;
  // The source text, and not the value: YAML reads `python_version: 3.10` as the number 3.1.
  const text = isScalar(value) ? (value.value === null ? null : (value.source ?? '')) : undefined;
  const plain: unknown = isScalar(value) ? value.value : node?.toJSON?.();
  const [start = 0, end = 0] = node?.range ?? [];
  const valueRange = end > start ? rangeOf(start, end) : null;
  const isQuoted = isScalar(value) && /^QUOTE_/.test(value.type ?? '');
  return {
    name: String(key.value),
    field: { line: keyRange.line, keyRange, valueRange, isQuoted, text, value: plain },
  };
}

function broken(line: number, range: TextRange | null, message: string): FrontMatterReading {
  if (/call stack/i.test(message)) return { state: 'broken', line, range, reason: TOO_DEEP };
  const reason = message.replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]$/, '');
  return { state: 'broken', line, range, reason };
}
