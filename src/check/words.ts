/** The words of findings, from their rules, with what holds for every rule. */
import type { ReportedFinding } from './report.js';
import type { Finding, Rule, RuleId, Words } from './rule.js';
import { rules as allRules } from './rules/index.js';

const byId: ReadonlyMap<RuleId, Rule> = new Map(allRules.map((rule) => [rule.id, rule]));

export function withWords(finding: Finding): ReportedFinding {
  return { ...finding, name: ruleName(finding.rule), words: wordsOf(finding) };
}

export function ruleName(id: RuleId): string {
  return byId.get(id)?.name ?? id;
}

function wordsOf({ rule, data, alsoFineOn, isUnreached }: Finding): Words {
  const words = shorten(byId.get(rule)?.words(data) ?? { message: String(rule) });
  const more = [
    ...(isUnreached ? ['nothing in the Space calls this function'] : []),
    ...(alsoFineOn.length > 0 ? [`fine on ${alsoFineOn.join(', ')}`] : []),
  ];
  if (more.length === 0) return words;
  return { ...words, note: [words.note, ...more].filter(Boolean).join('; ') };
}

/** The user's own value is in the words; more of it than this says nothing more. */
const LONGEST_WORDS = 300;

function shorten(words: Words): Words {
  const cut = (text: string) =>
    text.length > LONGEST_WORDS ? `${text.slice(0, LONGEST_WORDS)}…` : text;
  return {
    message: cut(words.message),
    ...(words.note === undefined ? {} : { note: cut(words.note) }),
    ...(words.help === undefined ? {} : { help: cut(words.help) }),
  };
}
