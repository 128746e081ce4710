/** Words that are more than a name: keywords, and what is of interest in a library. */
import { KEYWORD_KINDS, NAME } from './kinds.js';

/** The kind of each word that is more than a name, and whether it is of interest in a library. */
const OF_INTEREST = 256;
const WORDS = new Map<string, number>(KEYWORD_KINDS);
/** By length and first character: whether a word may be in `WORDS`. */
const MAY_BE_WORD = new Uint8Array(32 * 128);
for (const word of WORDS.keys()) MAY_BE_WORD[word.length * 128 + word.charCodeAt(0)] = 1;

/** Names that `marks` tells apart. */
export function noteInterest(words: readonly string[]): void {
  for (const word of words) {
    WORDS.set(word, (KEYWORD_KINDS.get(word) ?? NAME) | OF_INTEREST);
    MAY_BE_WORD[word.length * 128 + word.charCodeAt(0)] = 1;
  }
}

/** The kind of the word between two places, and above 255 the same for a word of interest. */
export function wordAt(text: string, from: number, to: number): number {
  const length = to - from;
  const isCandidate = length < 32 && MAY_BE_WORD[length * 128 + text.charCodeAt(from)] === 1;
  return isCandidate ? (WORDS.get(text.slice(from, to)) ?? NAME) : NAME;
}
