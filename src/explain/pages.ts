/** The pages of rules and error codes: docs/rules, docs/errors.md and the terminal have one text. */
import type { Rule } from '../check/rule.js';
import { ERROR_PAGES } from '../shared/error-pages.js';
import { ERROR_CODES, type ErrorCode } from '../shared/errors.js';

/** The page of a rule as Markdown, with a line end at the end. */
export function rulePage({ id, name, severity, summary, docs }: Rule): string {
  const parts = [
    `# ${id} ${name}`,
    `${severity}: ${summary}.`,
    '## Why',
    docs.why,
    '## What to do',
    docs.instead,
    ...(docs.examples ?? []).flatMap(({ title, language, code }) => [
      `${title}:`,
      `\`\`\`${language}\n${code}\n\`\`\``,
    ]),
    ...(docs.notFound ? ['## What is not found', docs.notFound] : []),
    '## Where this is known from',
    docs.evidence,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The page of an error code as Markdown, with a line end at the end. */
export function errorPage(code: ErrorCode): string {
  const { why, instead } = ERROR_PAGES[code];
  return `${[`# ${code}`, `${ERROR_CODES[code]}.`, why, `What to do: ${instead}`].join('\n\n')}\n`;
}

/** Every rule, a line each. */
export function ruleTable(rules: readonly Rule[]): string {
  const width = Math.max(...rules.map(({ name }) => name.length));
  const lines = rules.map(
    ({ id, severity, name, summary }) =>
      `${id}  ${severity.padEnd(7)}  ${name.padEnd(width)}  ${summary}\n`,
  );
  return lines.join('');
}

/** Every error code, a line each. */
export function errorTable(): string {
  const codes = Object.entries(ERROR_CODES);
  const width = Math.max(...codes.map(([code]) => code.length));
  return codes.map(([code, meaning]) => `${code.padEnd(width)}  ${meaning}\n`).join('');
}
