import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';
import type { Rule } from './rule.js';

/**
 * The rules that a user asks for.
 *
 * @param select ids, names, or prefixes of ids (`ZG2`); all when empty
 * @param ignore the same; wins over `select`
 * @param origin what to name in the message: `--select`, `zerogpu.json`
 * @throws UserError E_CHECK_RULE_UNKNOWN for a word that names no rule
 */
export function selectRules(
  rules: readonly Rule[],
  select: readonly string[],
  ignore: readonly string[],
  origin: string,
): readonly Rule[] {
  const match = (words: readonly string[]) =>
    new Set(words.flatMap((word) => find(rules, word, origin)));
  const wanted = select.length === 0 ? new Set(rules) : match(select);
  const unwanted = match(ignore);
  return rules.filter((rule) => wanted.has(rule) && !unwanted.has(rule));
}

/** The rules that a word names. */
export function find(rules: readonly Rule[], word: string, origin: string): readonly Rule[] {
  const id = word.toUpperCase();
  const named = rules.filter((rule) => rule.id === id || rule.name === word.toLowerCase());
  if (named.length > 0) return named;
  const family = /^ZG\d*$/.test(id) ? rules.filter((rule) => rule.id.startsWith(id)) : [];
  if (family.length > 0) return family;
  const meant = didYouMean(
    word,
    rules.flatMap((rule) => [rule.id, rule.name]),
  );
  const hint = meant ? ` Did you mean ${meant}?` : '';
  throw new UserError('E_CHECK_RULE_UNKNOWN', `${origin}: there is no rule "${word}".${hint}`, {
    why: 'A rule is named by its id (ZG201), its name (torch-unsupported) or the start of an id (ZG2).',
    fix: 'zerogpu explain   (lists every rule)',
  });
}
