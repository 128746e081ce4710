/** Hover: the page of each rule that has found something at a place. */
import { type Hover, MarkupKind, type Position } from 'vscode-languageserver-protocol';
import { rules } from '../check/rules/index.js';
import { rulePage } from '../explain/pages.js';
import { holds, rangeFrom } from './places.js';
import type { Checked } from './space-check.js';

/** @param file path in the Space */
export function hoverAt(checked: Checked, file: string, position: Position): Hover | null {
  if (checked.kind !== 'checked') return null;
  const found = checked.space.findings.filter(
    (finding) => finding.file === file && holds(rangeFrom(finding.range), position),
  );
  const [first] = found;
  if (!first) return null;
  const ids = [...new Set(found.map(({ rule }) => rule))];
  const pages = rules.filter(({ id }) => ids.includes(id)).map(rulePage);
  return {
    contents: { kind: MarkupKind.Markdown, value: pages.join('\n---\n\n') },
    range: rangeFrom(first.range),
  };
}
