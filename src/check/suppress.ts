import type { SourceText, TextRange } from '../space/index.js';
import type { Finding, RuleId } from './rule.js';

/** `# zerogpu: ignore ZG301 reason`, in whatever way the file writes comments. */
export interface IgnoreComment {
  readonly file: string;
  readonly range: TextRange;
  /** Ids or names of rules, as written. */
  readonly rules: readonly string[];
  /** The line that it speaks of; null for the whole file (`ignore-file`). */
  readonly line: number | null;
}

const MARK = 'zerogpu:';
const COMMENT =
  /(?:#|<!--)\s*zerogpu:\s*(ignore(?:-file)?)\b[ \t]*((?:[A-Za-z][\w-]*(?:[ \t]*,[ \t]*[A-Za-z][\w-]*)*)?)/g;

/**
 * Finds the comments that ask for silence. One that stands alone on its line speaks of the next line
 * that is not blank and no comment; one after something speaks of its own line.
 */
export function findIgnores(file: string, source: SourceText): readonly IgnoreComment[] {
  if (!source.text.includes(MARK)) return [];
  return source.lines.flatMap((line, index) => {
    if (!line.includes(MARK)) return [];
    return [...line.matchAll(COMMENT)].map((match): IgnoreComment => {
      const column = match.index + 1;
      const range = {
        line: index + 1,
        column,
        endLine: index + 1,
        endColumn: column + match[0].trimEnd().length,
      };
      const rules = (match[2] ?? '').split(',').flatMap((rule) => rule.trim() || []);
      const isAlone = line.slice(0, match.index).trim() === '';
      const spoken = isAlone ? nextLine(source.lines, index) : index + 1;
      return { file, range, rules, line: match[1] === 'ignore-file' ? null : spoken };
    });
  });
}

function nextLine(lines: readonly string[], index: number): number {
  for (let at = index + 1; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').trim();
    if (line !== '' && !line.startsWith('#') && !line.startsWith('<!--')) return at + 1;
  }
  return index + 1;
}

export interface Suppressed {
  readonly findings: readonly Finding[];
  readonly ignored: number;
  /** Comments that took nothing away. */
  readonly unused: readonly IgnoreComment[];
}

/** Removes the findings that comments ask to ignore. */
export function suppress(
  findings: readonly Finding[],
  comments: readonly IgnoreComment[],
  nameOf: (id: RuleId) => string,
): Suppressed {
  const used = new Set<IgnoreComment>();
  const left = findings.filter((finding) => {
    const hits = comments.filter((comment) => matches(comment, finding, nameOf));
    for (const comment of hits) used.add(comment);
    return hits.length === 0;
  });
  return {
    findings: left,
    ignored: findings.length - left.length,
    unused: comments.filter((comment) => !used.has(comment)),
  };
}

function matches(
  { file, line, rules }: IgnoreComment,
  finding: Finding,
  nameOf: (id: RuleId) => string,
): boolean {
  if (finding.file !== file) return false;
  const isNamed = rules.some(
    (rule) => rule.toUpperCase() === finding.rule || rule === nameOf(finding.rule),
  );
  // Silence for everything is not to be had: what comes new later would go unheard.
  if (!isNamed) return false;
  if (line === null) return true;
  const { range } = finding;
  return range !== null && line >= range.line && line <= range.endLine;
}
