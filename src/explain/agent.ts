/** `explain --format agent`: a line for each part of a page, no decoration, the next command at the end. */
import type { Rule } from '../check/rule.js';
import { ERROR_PAGES } from '../shared/error-pages.js';
import { ERROR_CODES, type ErrorCode } from '../shared/errors.js';
import { printableLine } from '../shared/printable.js';

/** A rule or code in one line, for the list of all. */
export function agentLine(topic: Rule | ErrorCode): string {
  const line =
    typeof topic === 'string'
      ? `${topic} ${ERROR_CODES[topic]} | next: zerogpu explain ${topic}`
      : `${topic.id} ${topic.name} ${topic.severity}: ${topic.summary} | next: zerogpu explain ${topic.id}`;
  return `${printableLine(line)}\n`;
}

export function agentRule({ id, name, severity, summary, docs }: Rule): string {
  return lines([
    `${id} ${name} ${severity}: ${summary}`,
    `why: ${inOne(docs.why)}`,
    `do: ${inOne(docs.instead)}`,
    ...(docs.examples ?? []).map(
      ({ title, language, code }) => `example: ${title} | ${language} | ${JSON.stringify(code)}`,
    ),
    ...(docs.notFound ? [`not found: ${inOne(docs.notFound)}`] : []),
    `next: zerogpu check . --select ${id}`,
  ]);
}

export function agentError(code: ErrorCode): string {
  const { why, instead } = ERROR_PAGES[code];
  return lines([
    `${code} ${ERROR_CODES[code]}`,
    `why: ${inOne(why)}`,
    `do: ${inOne(instead)}`,
    'next: zerogpu doctor',
  ]);
}

function lines(parts: readonly string[]): string {
  return parts.map((part) => `${printableLine(part)}\n`).join('');
}

/** Markdown of several lines as one. */
function inOne(text: string): string {
  return text.split(/\s*\n\s*/).join(' ');
}
