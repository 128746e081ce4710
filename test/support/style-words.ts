/** Phrases that docs/style.md replaces. */
export const NOT_OUR_WORDS: readonly RegExp[] = [
  /\b(is|are|was|were|be|been|gets?) told\b/i,
  /\banew\b/i,
  /\bmend(s|ed|ing)?\b/i,
  /\bgoes by\b/i,
  /\bof (yours|theirs|ours)\b/i,
  /\blies? in\b/i,
  /\b(take|takes|taken|took) away\b/i,
  /\bso that one may\b/i,
  /\bwhole again\b/i,
  /(?<!\bthere )\bis no (?!longer\b|more\b|such\b)[a-z]+/i,
  /\bnobody\b/i,
  /\ba bad day\b/i,
];
