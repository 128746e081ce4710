import type { Rule } from '../../../src/check/rule.js';
import { errorPage, rulePage } from '../../../src/explain/pages.js';
import { ERROR_CODES, type ErrorCode } from '../../../src/shared/errors.js';

const HOW = 'ZEROGPU_REWRITE=1 npm run test:unit -- test/docs.test.ts';

/** docs/rules/ZGnnn.md: what `zerogpu explain` prints, under a note on where it comes from. */
export function renderRule(rule: Rule): string {
  return `<!-- Generated from src/check/rules: ${HOW} -->\n\n${rulePage(rule)}`;
}

export function renderRuleIndex(rules: readonly Rule[]): string {
  const rows = rules.map(
    ({ id, name, severity, summary }) =>
      `| [${id}](${id}.md) | ${name} | ${severity} | ${summary} |`,
  );
  return [
    `<!-- Generated from src/check/rules: ${HOW} -->`,
    '',
    '# Rules of `zerogpu check`',
    '',
    '`ZG1xx` metadata, `ZG2xx` dependencies, `ZG3xx` code, `ZG4xx` advice, `ZG5xx` what the Hub says (of',
    '`hf:OWNER/NAME` alone). `zerogpu explain ID` prints a page offline.',
    '',
    '| id | name | severity | found when |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

export function renderErrors(): string {
  const pages = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => `#${errorPage(code)}`);
  return [
    `<!-- Generated from src/shared/error-pages.ts: ${HOW} -->`,
    '',
    '# Errors',
    '',
    '`zerogpu explain CODE` prints these offline.',
    '',
    pages.join('\n'),
  ].join('\n');
}
