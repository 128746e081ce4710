import { parseMarker } from './markers.js';

/** Why pip refuses a requirement. */
export interface RequirementProblem {
  /** legacy: pip before 24.1 took it. */
  readonly kind: 'invalid' | 'legacy';
  /** Without full stop. */
  readonly reason: string;
}

const URL_SCHEME = /^(?:https?|file|ftp|ssh|git|hg|bzr|sftp|svn|(?:git|hg|bzr|svn)\+[a-z]+):/i;
const ARCHIVE = /\.(?:zip|whl|tar|tar\.(?:gz|bz2|xz|lz|lzma)|tgz|tbz|txz|tlz)$/i;
const WHEEL_NAME = /^[^-]+-[^-]+(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl$/;

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/;
const EXTRAS = /^\[\s*(?:[A-Za-z0-9][\w.-]*(?:\s*,\s*[A-Za-z0-9][\w.-]*)*)?\s*\]/;

const VERSION =
  'v?(?:\\d+!)?\\d+(?:\\.\\d+)*(?:[-_.]?(?:alpha|beta|preview|pre|a|b|c|rc)[-_.]?\\d*)?' +
  '(?:-\\d+|[-_.]?(?:post|rev|r)[-_.]?\\d*)?(?:[-_.]?dev[-_.]?\\d*)?';
const LOCAL = '(?:\\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?';
const CLAUSES: readonly RegExp[] = [
  /^===\s*[^\s,;)]*$/,
  new RegExp(`^(?:==|!=)\\s*(?:v?(?:\\d+!)?\\d+(?:\\.\\d+)*\\.\\*|${VERSION}${LOCAL})$`, 'i'),
  new RegExp(`^~=\\s*(?=v?(?:\\d+!)?\\d+\\.\\d)${VERSION}$`, 'i'),
  new RegExp(`^(?:<=|>=|<|>)\\s*${VERSION}$`, 'i'),
];
/** What was once let through: a wildcard or a local version after an ordering. */
const LEGACY = new RegExp(`^(?:<=|>=|<|>)\\s*(?:\\d+(?:\\.\\d+)*\\.\\*|${VERSION}${LOCAL})$`, 'i');

/**
 * Why pip refuses a requirement (without its options), or null. It follows pip: URLs and paths
 * first, then PEP 508.
 */
export function requirementProblem(text: string): RequirementProblem | null {
  const isUrl = URL_SCHEME.test(text);
  const [main, marker] = splitMarker(text, isUrl ? '; ' : ';');
  if (marker && !parseMarker(marker)) return invalid(`"${marker}" is not an environment marker`);
  if (isUrl) return wheelProblem(main);
  const path = main.replace(/\[[^\]]*\]$/, '');
  const isDirectUrl = /^[^@/]+@/.test(main) && !main.startsWith('.');
  if (!isDirectUrl) {
    if (ARCHIVE.test(path)) return wheelProblem(path);
    // A folder of the Space, if it is one.
    if (/^\.{1,2}(\/|$)/.test(main)) return null;
  }
  return pep508Problem(main);
}

/** Why pip refuses what stands after `-e`, or null. */
export function editableProblem(text: string): RequirementProblem | null {
  if (!/^(?:git|hg|bzr|svn)\+/i.test(text)) return null;
  if (/[#&]egg=[A-Za-z0-9]/.test(text)) return null;
  return invalid('an editable URL has to name its package: git+https://…#egg=NAME');
}

/** A folder or an archive of the Space itself: `.`, `./wheels/a.whl`, `a-1.0-py3-none-any.whl`. */
export function isLocalPath(text: string): boolean {
  if (URL_SCHEME.test(text)) return /^file:/i.test(text);
  const [main] = splitMarker(text, ';');
  if (/^[^@/]+@/.test(main) && !main.startsWith('.')) return /@\s*file:/i.test(main);
  return /^\.{1,2}(\/|$)/.test(main) || ARCHIVE.test(main.replace(/\[[^\]]*\]$/, ''));
}

function splitMarker(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  if (at < 0) return [text.trim(), ''];
  return [text.slice(0, at).trim(), text.slice(at + separator.length).trim()];
}

function wheelProblem(path: string): RequirementProblem | null {
  const file = /([^/]*\.whl)(?:[?#].*)?$/i.exec(path)?.[1];
  if (file === undefined || WHEEL_NAME.test(safeDecode(file))) return null;
  return invalid(`${file} is not the name of a wheel (name-version-python-abi-platform.whl)`);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pep508Problem(text: string): RequirementProblem | null {
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return invalid('it does not begin with the name of a package');
  let rest = text.slice(name.length).trimStart();
  if (rest.startsWith('[')) {
    const extras = EXTRAS.exec(rest)?.[0];
    if (extras === undefined) return invalid('the extras in brackets are no list of names');
    rest = rest.slice(extras.length).trimStart();
  }
  if (rest === '') return null;
  if (rest.startsWith('@')) {
    const url = rest.slice(1).trim();
    if (url === '') return invalid('a URL is missing after @');
    return /\s/.test(url) ? invalid(`there is more after the URL`) : wheelProblem(url);
  }
  if (rest.startsWith('(')) {
    if (!rest.endsWith(')')) return invalid('the bracket is not closed');
    rest = rest.slice(1, -1).trim();
  }
  return specifierProblem(name, rest);
}

function specifierProblem(name: string, specifier: string): RequirementProblem | null {
  const clauses = specifier.split(',').map((clause) => clause.trim());
  if (clauses.at(-1) === '') clauses.pop();
  let legacy: RequirementProblem | null = null;
  for (const clause of clauses) {
    if (CLAUSES.some((pattern) => pattern.test(clause))) continue;
    if (LEGACY.test(clause)) {
      const reason = `${clause} has no meaning with this operator; pip 24.1 and newer refuse it`;
      legacy ??= { kind: 'legacy', reason };
    } else {
      return invalid(reasonFor(name, clause));
    }
  }
  return legacy;
}

function reasonFor(name: string, clause: string): string {
  if (/^=[^=<>]/.test(clause)) return `one = compares nothing; write ${name}=${clause}`;
  if (/^(?:=>|=<)/.test(clause)) return `${clause.slice(0, 2)} is written ${clause[1]}=`;
  if (/^\d/.test(clause)) return `the version needs an operator: ${name}==${clause}`;
  if (/^[=!<>~]/.test(clause)) {
    return /^(?:===|==|!=|~=|<=|>=|<|>)\s*$/.test(clause)
      ? 'a version is missing'
      : `"${clause}" is not a version that pip can compare`;
  }
  return `pip expects a version after ${name}, and finds "${clause}"`;
}

function invalid(reason: string): RequirementProblem {
  return { kind: 'invalid', reason };
}
