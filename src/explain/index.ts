/** `zerogpu explain`: what a rule or an error code means, offline. */
import type { Writable } from 'node:stream';
import type { Rule } from '../check/rule.js';
import { rules } from '../check/rules/index.js';
import { didYouMean } from '../shared/did-you-mean.js';
import { ERROR_PAGES } from '../shared/error-pages.js';
import { ERROR_CODES, type ErrorCode, EXIT, UserError } from '../shared/errors.js';
import { errorPage, errorTable, rulePage, ruleTable } from './pages.js';

/**
 * Prints the page of each rule or error code, or the list of all.
 *
 * @param words ids, names or codes; none for the list
 * @returns the exit code
 * @throws UserError E_CHECK_RULE_UNKNOWN for a word that is neither
 */
export function explain(
  words: readonly string[],
  options: { readonly json?: boolean },
  world: { readonly stdout: Writable },
): number {
  const topics = words.map(findTopic);
  if (options.json) {
    const all = topics.length > 0 ? topics : [...rules, ...codes];
    const entries = all.map((topic) =>
      typeof topic === 'string' ? errorObject(topic) : ruleObject(topic),
    );
    world.stdout.write(`${JSON.stringify({ version: 1, topics: entries }, null, 2)}\n`);
  } else if (topics.length === 0) {
    world.stdout.write(`${ruleTable(rules)}\n${errorTable()}\nzerogpu explain ZG201   tells one\n`);
  } else {
    const pages = topics.map((topic) =>
      typeof topic === 'string' ? errorPage(topic) : rulePage(topic),
    );
    world.stdout.write(pages.join('\n'));
  }
  return EXIT.ok;
}

const codes = Object.keys(ERROR_CODES) as readonly ErrorCode[];

function findTopic(word: string): Rule | ErrorCode {
  const upper = word.toUpperCase();
  const rule = rules.find(({ id, name }) => id === upper || name === word.toLowerCase());
  const code = codes.find((one) => one === upper);
  if (rule ?? code) return (rule ?? code) as Rule | ErrorCode;
  const known = [...rules.flatMap(({ id, name }) => [id, name]), ...codes];
  const meant = didYouMean(word, known);
  throw new UserError('E_CHECK_RULE_UNKNOWN', `there is no rule or error code "${word}"`, {
    ...(meant ? { why: `Did you mean ${meant}?` } : {}),
    fix: meant ? `zerogpu explain ${meant}` : 'zerogpu explain   (lists every one)',
  });
}

function ruleObject({ id, name, severity, summary, docs }: Rule): object {
  return { kind: 'rule', id, name, severity, summary, ...docs };
}

function errorObject(code: ErrorCode): object {
  return { kind: 'error', id: code, summary: ERROR_CODES[code], ...ERROR_PAGES[code] };
}
