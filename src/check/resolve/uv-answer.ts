/** Reads what `uv pip compile` prints. Pure; the words are those of uv 0.5 to 0.13. */

export type UvAnswer =
  | { readonly kind: 'resolved'; readonly packages: number }
  /** No set of versions satisfies the requirements; `words` are uv's own. */
  | { readonly kind: 'conflict'; readonly words: string }
  /** A wheel that a line names by its URL is not there. */
  | { readonly kind: 'gone'; readonly url: string; readonly words: string }
  /** These have no wheel, and uv was asked to build nothing. */
  | { readonly kind: 'source-only'; readonly names: readonly string[] }
  /** uv allows pre-releases where a requirement names one; pip also does where there is nothing else. */
  | { readonly kind: 'pre-release' }
  | { readonly kind: 'failed'; readonly why: string };

const NETWORK =
  /error sending request|dns error|tcp connect error|Connection refused|timed out|operation timed out|Network is unreachable|HTTP status server error|network was disabled/i;
const NO_SOLUTION = /No solution found when resolving dependencies[^\n]*/;
const SOURCE_ONLY =
  /Wheels are required for `([^`]+)`|(?:Building source distributions?|Building source distributions for `([^`]+)`) is disabled/g;
const GONE = /HTTP status client error \((?:404|410)[^)]*\) for url \(([^)]+\.whl)[^)]*\)/;

/**
 * @param stdout the requirements, a line each
 * @param stderr uv's complaints
 */
export function readUvAnswer(isOk: boolean, stdout: string, stderr: string): UvAnswer {
  if (isOk) {
    return { kind: 'resolved', packages: (stdout.match(/^[A-Za-z0-9][^\n]*/gm) ?? []).length };
  }
  const gone = GONE.exec(stderr)?.[1];
  if (gone !== undefined) {
    return { kind: 'gone', url: gone, words: 'HTTP 404: there is no file at this address' };
  }
  const match = NO_SOLUTION.exec(stderr);
  if (match === null || NETWORK.test(stderr)) {
    return { kind: 'failed', why: NETWORK.test(stderr) ? unreachable(stderr) : firstLine(stderr) };
  }
  const names = [...stderr.matchAll(SOURCE_ONLY)].flatMap(([, one, other]) => one ?? other ?? []);
  if (names.length > 0) return { kind: 'source-only', names: [...new Set(names)] };
  if (/hint:[^\n]*pre-?releases?/i.test(stderr)) return { kind: 'pre-release' };
  return { kind: 'conflict', words: reasonOf(stderr.slice(match.index + match[0].length)) };
}

/** uv's reason as running text: without its frame, its line breaks and its hints. */
function reasonOf(text: string): string {
  const [reason = ''] = text.split(/^\s*hint:/m);
  return reason
    .replaceAll(/^[\s│├╰─▶×▸]*(?:cause:|Caused by:)?/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function unreachable(stderr: string): string {
  const host = /(?:https?:\/\/)(?:[^@/\s)]*@)?([^/\s)]+)/.exec(stderr)?.[1];
  return `the package index${host === undefined ? '' : ` ${host}`} can't be reached`;
}

function firstLine(stderr: string): string {
  const line = stderr.split('\n').find((one) => /^\s*(?:error:|×)/.test(one)) ?? '';
  const said = line.replace(/^\s*(?:error:|×)\s*/, '').trim();
  return said === '' ? 'uv ended without an answer' : `uv says: ${said.slice(0, 200)}`;
}

/**
 * The names that uv's reason mentions, normalized, last mention first: its last step names what has to give way.
 */
export function namesInReason(words: string, names: readonly string[]): readonly string[] {
  const normalized = words.toLowerCase().replaceAll(/[-_.]+(?=[a-z])/g, '-');
  const last = (name: string): number => {
    const escaped = name.replaceAll(/[^a-z0-9]/g, (one) => `\\${one}`);
    const pattern = new RegExp(`(?<![a-z0-9-])${escaped}(?![a-z0-9]|-[a-z0-9])`, 'g');
    return [...normalized.matchAll(pattern)].at(-1)?.index ?? -1;
  };
  return [...new Set(names)]
    .map((name) => ({ name, at: last(name) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => b.at - a.at)
    .map(({ name }) => name);
}
