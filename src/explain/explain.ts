/** `zerogpu explain`: what a rule or an error code means, offline. */
import type { Writable } from 'node:stream';
import type { Rule } from '../check/rule.js';
import { rules } from '../check/rules/index.js';
import { isAgent } from '../shared/agent.js';
import { didYouMean } from '../shared/did-you-mean.js';
import { ERROR_PAGES } from '../shared/error-pages.js';
import { ERROR_CODES, type ErrorCode, EXIT, UserError } from '../shared/errors.js';
import { agentError, agentLine, agentRule } from './agent.js';
import { errorPage, errorTable, rulePage, ruleTable } from './pages.js';

const FORMATS = ['text', 'json', 'agent'] as const;

export interface RawExplainOptions {
  readonly format?: string;
  readonly json?: boolean;
}

/**
 * Prints the page of each rule or error code, or the list of all.
 *
 * @param words ids, names or codes; none for the list
 * @returns the exit code
 * @throws UserError E_CHECK_RULE_UNKNOWN for a word that is neither; E_USAGE for another format
 */
export function explain(
  words: readonly string[],
  options: RawExplainOptions,
  world: {
    readonly stdout: Writable;
    readonly env?: Readonly<Record<string, string | undefined>>;
  },
): number {
  const topics = words.map(findTopic);
  world.stdout.write(written(topics, formatOf(options, world.env ?? {})));
  return EXIT.ok;
}

type Topic = Rule | ErrorCode;
type Format = (typeof FORMATS)[number];

/** What is asked for; else what reads it best. @throws UserError E_USAGE */
function formatOf(
  { format, json }: RawExplainOptions,
  env: Readonly<Record<string, string | undefined>>,
): Format {
  const known = FORMATS.find((one) => one === format);
  if (format !== undefined && known === undefined) {
    throw new UserError('E_USAGE', `--format is "${format}", which it does not know`, {
      why: `It takes ${FORMATS.join(', ')}.`,
      fix: '--format text',
    });
  }
  if (json) return 'json';
  return known ?? (isAgent(env) ? 'agent' : 'text');
}

function written(topics: readonly Topic[], format: Format): string {
  const all = topics.length > 0 ? topics : [...rules, ...codes];
  if (format === 'json') {
    const entries = all.map((one) =>
      typeof one === 'string' ? errorObject(one) : ruleObject(one),
    );
    return `${JSON.stringify({ version: 1, topics: entries }, null, 2)}\n`;
  }
  if (format === 'agent') {
    if (topics.length === 0) return all.map(agentLine).join('');
    return topics
      .map((one) => (typeof one === 'string' ? agentError(one) : agentRule(one)))
      .join('');
  }
  if (topics.length === 0) {
    return `${ruleTable(rules)}\n${errorTable()}\nzerogpu explain ZG201   explains one\n`;
  }
  return topics.map((one) => (typeof one === 'string' ? errorPage(one) : rulePage(one))).join('\n');
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
