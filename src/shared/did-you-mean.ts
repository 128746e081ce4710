/**
 * The known word that a user most likely meant, or undefined when none is near.
 *
 * Near is: a third of the letters wrong at most, or one word begins with the other.
 */
export function didYouMean(typed: string, known: readonly string[]): string | undefined {
  const word = typed.trim().toLowerCase();
  if (word === '') return undefined;
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const other = candidate.toLowerCase();
    const isPrefix = other.startsWith(word) || word.startsWith(other);
    const distance = isPrefix ? 1 : editDistance(word, other);
    const allowed = Math.max(1, Math.floor(Math.max(word.length, other.length) / 3));
    if (distance <= allowed && (!best || distance < best.distance)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word;
}

/** Letters to insert, drop or replace to get from one word to the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
