/** Quick fixes: what `check --fix` would write, as edits of the editor. */
import { join } from 'node:path';
import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  type Range,
  type TextEdit,
} from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type FixedFile, planFixes } from '../check/fix/apply.js';
import type { Finding } from '../check/rule.js';
import { withWords } from '../check/words.js';
import { diagnosticsOf } from './diagnostics.js';
import { holds, rangeFrom, uriOf } from './places.js';
import type { Checked } from './space-check.js';

/** Every safe fix of a file at once, for editors that fix on save. */
export const FIX_ALL = `${CodeActionKind.SourceFixAll}.zerogpu`;

interface Place {
  /** Of the Space, absolute. */
  readonly folder: string;
  /** Path in the Space. */
  readonly file: string;
  readonly range: Range;
  /** Kinds that the editor asks for; undefined for all. */
  readonly only: readonly string[] | undefined;
}

/** Fixes of findings that touch the range, the safe ones preferred; and all safe ones of the file. */
export function actionsAt(checked: Checked, place: Place): readonly CodeAction[] {
  if (checked.kind !== 'checked') return [];
  const wants = (kind: string) =>
    place.only === undefined ||
    place.only.some((one) => kind === one || kind.startsWith(`${one}.`));
  const inFile = checked.space.findings.filter(({ file, fix }) => file === place.file && fix);
  const quick = wants(CodeActionKind.QuickFix)
    ? inFile.filter(({ range }) => touches(rangeFrom(range), place.range))
    : [];
  return [
    ...quick.flatMap((finding) => quickFix(checked, finding, place)),
    ...(wants(FIX_ALL) ? fixAll(checked, inFile, place) : []),
  ];
}

function touches(range: Range, other: Range): boolean {
  return holds(range, other.start) || holds(range, other.end) || holds(other, range.start);
}

type CheckedWell = Extract<Checked, { kind: 'checked' }>;

function quickFix(checked: CheckedWell, finding: Finding, place: Place): readonly CodeAction[] {
  const { files } = planFixes([finding], checked.space.sources, true);
  if (files.length === 0) return [];
  const isSafe = finding.fix?.safety !== 'unsafe';
  const { help, message } = withWords(finding).words;
  const title = `${finding.rule}: ${firstLine(help ?? message)}`;
  return [
    {
      title: isSafe ? title : `${title} (unsafe: read it first)`,
      kind: CodeActionKind.QuickFix,
      diagnostics: diagnosticFor(checked, finding),
      isPreferred: isSafe,
      edit: { changes: changesOf(files, place) },
    },
  ];
}

function fixAll(
  checked: CheckedWell,
  findings: readonly Finding[],
  place: Place,
): readonly CodeAction[] {
  const { files, fixed } = planFixes(findings, checked.space.sources);
  if (files.length === 0) return [];
  const count = fixed.length === 1 ? '1 finding' : `${fixed.length} findings`;
  return [
    {
      title: `zerogpu: fix ${count} (safe)`,
      kind: FIX_ALL,
      edit: { changes: changesOf(files, place) },
    },
  ];
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function diagnosticFor(checked: Checked, finding: Finding): Diagnostic[] {
  const range = JSON.stringify(rangeFrom(finding.range));
  const all = diagnosticsOf(checked).get(finding.file) ?? [];
  return all.filter((one) => one.code === finding.rule && JSON.stringify(one.range) === range);
}

function changesOf(files: readonly FixedFile[], { folder }: Place): Record<string, TextEdit[]> {
  return Object.fromEntries(
    files.map(({ file, before, after }) => [
      uriOf(join(folder, file)),
      [editBetween(before.text, after)],
    ]),
  );
}

/** The one stretch in which two texts differ. */
function editBetween(before: string, after: string): TextEdit {
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  // Neither half of a CRLF or of a surrogate pair is a place in the protocol.
  while (head > 0 && isInner(before, head)) head -= 1;
  while (tail > 0 && isInner(before, before.length - tail)) tail -= 1;
  const text = TextDocument.create('file:///', '', 0, before);
  return {
    range: { start: text.positionAt(head), end: text.positionAt(before.length - tail) },
    newText: after.slice(head, after.length - tail),
  };
}

function isInner(text: string, at: number): boolean {
  const [left, right] = [text[at - 1] ?? '', text[at] ?? ''];
  return (left === '\r' && right === '\n') || /[\ud800-\udbff]/.test(left);
}
