import type { FileReading } from './files.js';
import { type LogicalLine, logicalLines } from './logical-lines.js';
import { normalizePath } from './paths.js';
import { type ReadOption, readOptions, splitOptions } from './requirement-options.js';
import {
  editableProblem,
  isLocalPath,
  type RequirementProblem,
  requirementProblem,
} from './requirement-syntax.js';
import { parseRequirement } from './requirements.js';
import type { SourceText } from './text.js';
import type { Requirement, TextRange } from './types.js';

/** Longer than any line with a hundred hashes: what is, is not taken apart. */
const LONGEST_LINE = 256 * 1024;
/** Longer than any requirement with its URL. */
const LONGEST_REQUIREMENT = 4096;
/** Files that include each other end somewhere. */
const MOST_FILES = 32;

/** A requirement with everything that a rule may ask of it. */
export interface RequirementEntry extends Requirement {
  /** From its first to its last character, options and continuation lines included. */
  readonly range: TextRange;
  /** The requirement alone, without options. */
  readonly requirementRange: TextRange;
  /** Where `==2.5.1` stands; null where there is none. */
  readonly specifierRange: TextRange | null;
  /** Why pip refuses it. */
  readonly problem: RequirementProblem | null;
  /** Options after it, hashes included. */
  readonly options: readonly ReadOption[];
  /** Why pip refuses the options. */
  readonly optionProblem: string | null;
  /** From a constraints file: it installs nothing. */
  readonly isConstraint: boolean;
  readonly isEditable: boolean;
  /** A folder or an archive of the Space itself. */
  readonly isLocal: boolean;
  /** It has `${NAME}` in it: what it asks for is only known where it is installed. */
  readonly hasVariables: boolean;
}

/** A line of options alone. */
export interface OptionEntry {
  readonly file: string;
  readonly range: TextRange;
  readonly text: string;
  readonly options: readonly ReadOption[];
  /** Words that pip drops without a word of its own: `- torch` installs nothing. */
  readonly dropped: readonly string[];
  readonly problem: string | null;
}

/** `-r other.txt`, `-c other.txt`. */
export interface IncludeEntry {
  readonly file: string;
  readonly range: TextRange;
  /** As written. */
  readonly path: string;
  readonly kind: 'requirements' | 'constraints';
  readonly exists: boolean;
}

export interface RequirementsModel {
  /** The file itself, e.g. `requirements.txt`. */
  readonly file: string;
  /** Of the file and of what it includes, by path. */
  readonly sources: ReadonlyMap<string, SourceText>;
  readonly entries: readonly RequirementEntry[];
  readonly options: readonly OptionEntry[];
  readonly includes: readonly IncludeEntry[];
}

/**
 * Reads a requirements file and what it includes, as pip does, and keeps what pip would refuse.
 *
 * @returns null when there is no such file, or none that can be read
 */
export async function readRequirementsModel(
  file: string,
  read: (file: string) => Promise<FileReading>,
): Promise<RequirementsModel | null> {
  const sources = new Map<string, SourceText>();
  const entries: RequirementEntry[] = [];
  const options: OptionEntry[] = [];
  const includes: IncludeEntry[] = [];
  const open: { file: string; isConstraint: boolean }[] = [{ file, isConstraint: false }];
  for (let next = open.shift(); next && sources.size < MOST_FILES; next = open.shift()) {
    if (sources.has(next.file)) continue;
    const reading = await read(next.file);
    if (reading.kind !== 'text') continue;
    sources.set(next.file, reading.source);
    for (const line of logicalLines(reading.source.text)) {
      const place = { file: next.file, isConstraint: next.isConstraint };
      const entry = readLine(line, place);
      if ('name' in entry) {
        entries.push(entry);
        continue;
      }
      options.push(entry);
      for (const include of includesOf(entry)) {
        const target = resolveFrom(next.file, include.path);
        const exists = target !== null && (await read(target)).kind === 'text';
        includes.push({ ...include, exists });
        if (exists) open.push({ file: target, isConstraint: include.kind === 'constraints' });
      }
    }
  }
  return sources.has(file) ? { file, sources, entries, options, includes } : null;
}

function readLine(
  line: LogicalLine,
  place: { file: string; isConstraint: boolean },
): RequirementEntry | OptionEntry {
  if (line.text.length > LONGEST_LINE) return tooLong(line, place.file, line.text);
  const { requirement, options: optionText } = splitOptions(line.text);
  if (requirement.length > LONGEST_REQUIREMENT) return tooLong(line, place.file, requirement);
  const read = readOptions(optionText);
  if (requirement !== '') return toEntry(line, requirement, 0, place, read);
  const editable = read.options.find(({ name }) => name === '--editable')?.value;
  if (editable) {
    const entry = toEntry(line, editable, line.text.lastIndexOf(editable), place, read);
    const problem = editableProblem(editable);
    const isLocal = !/^[a-z]+\+/i.test(editable);
    return { ...entry, problem, isLocal, isEditable: true };
  }
  return { file: place.file, range: line.range, text: line.text, ...read };
}

function tooLong(line: LogicalLine, file: string, what: string): OptionEntry {
  const problem = `it has ${what.length} characters`;
  const text = line.text.slice(0, 80);
  return { file, range: line.range, text, options: [], dropped: [], problem };
}

function toEntry(
  line: LogicalLine,
  requirement: string,
  start: number,
  place: { file: string; isConstraint: boolean },
  read: { options: readonly ReadOption[]; problem: string | null },
): RequirementEntry {
  const parsed = parseRequirement(requirement);
  const hasVariables = /\$\{[A-Z0-9_]+\}/.test(requirement);
  const from = Math.max(0, start);
  const at = parsed.specifier === '' ? -1 : requirement.indexOf(parsed.specifier);
  return {
    ...place,
    line: line.line,
    ...parsed,
    range: line.range,
    requirementRange: line.rangeOf(from, from + requirement.length),
    specifierRange: at < 0 ? null : line.rangeOf(from + at, from + at + parsed.specifier.length),
    problem: hasVariables ? null : requirementProblem(requirement),
    options: read.options,
    optionProblem: read.problem,
    isEditable: false,
    isLocal: isLocalPath(requirement),
    hasVariables,
  };
}

function includesOf({
  file,
  range,
  options,
}: OptionEntry): readonly Omit<IncludeEntry, 'exists'>[] {
  return options.flatMap(({ name, value }) => {
    if (name !== '--requirement' && name !== '--constraint') return [];
    // One on the net is the installer's to fetch.
    if (value === null || /^[a-z][a-z+]*:/i.test(value)) return [];
    const kind = name === '--constraint' ? 'constraints' : 'requirements';
    return [{ file, range, path: value, kind }];
  });
}

/** A path as pip takes it: from the folder of the file that names it. */
function resolveFrom(file: string, path: string): string | null {
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  return normalizePath(`${folder}${path}`);
}
