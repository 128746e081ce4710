/**
 * What Python itself says of files that the parsers stumbled over. The parser is lax in places and behind in
 * others; the interpreter is neither.
 */
import type { PythonFile, PythonModel, SyntaxRegion } from '../space/python/index.js';

/** One file, or null where Python reads it. Lines and columns from 1; columns in characters. */
export type SyntaxVerdict = {
  readonly line: number;
  readonly column: number;
  readonly message: string;
} | null;

export interface SyntaxAnswer {
  /** Of the Python that was asked, such as `3.10`. */
  readonly minor: string;
  readonly verdicts: ReadonlyMap<string, SyntaxVerdict>;
}

/** Asks a Python near to the wanted minor version; null where there is none, or no answer. */
export type AskPython = (
  files: readonly { readonly path: string; readonly text: string }[],
  minor: string,
) => Promise<SyntaxAnswer | null>;

/**
 * The model with what Python says in place of what the parser guessed. A Python that is newer than the
 * Space's is believed when it refuses; an older one when it does not.
 *
 * @param minor the Space's Python, such as `3.10`
 */
export async function confirmSyntax(
  python: PythonModel,
  minor: string,
  ask: AskPython,
): Promise<PythonModel> {
  const doubted = python.files.filter(({ syntaxErrors, source, isReachable, isDoubtful }) => {
    const isDoubted = syntaxErrors.length > 0 || isDoubtful;
    const isCertain = syntaxErrors.some((one) => one.isCertain);
    return isReachable && isDoubted && !isCertain && source.isExact;
  });
  if (doubted.length === 0) return python;
  const answer = await ask(doubted, minor);
  if (answer === null) return python;
  const regions = new Map<PythonFile, readonly SyntaxRegion[]>();
  for (const file of doubted) {
    const found = judge(file, answer, minor);
    if (found !== null) regions.set(file, found);
  }
  return withRegions(python, regions);
}

/** What is known of a file now; null where the answer says nothing for the Space's Python. */
function judge(
  file: PythonFile,
  { minor: asked, verdicts }: SyntaxAnswer,
  minor: string,
): readonly SyntaxRegion[] | null {
  const verdict = verdicts.get(file.path);
  if (verdict === undefined) return null;
  const order = minorNumber(asked) - minorNumber(minor);
  if (verdict === null) return [];
  if (order < 0) return null;
  const { line, column } = verdict;
  const range = { line, column, endLine: line, endColumn: column + 1 };
  return [{ range, isCertain: true, reason: verdict.message }];
}

function minorNumber(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1_000 + minor;
}

/** The model distinguishes files by identity, so theirs is kept. */
function withRegions(
  python: PythonModel,
  regions: ReadonlyMap<PythonFile, readonly SyntaxRegion[]>,
): PythonModel {
  return { ...python, syntaxErrorsOf: (file) => regions.get(file) ?? file.syntaxErrors };
}
