import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { UserError } from '../shared/errors.js';
import type { FrontMatter, FrontMatterField, SpaceWarning, TextRange } from './types.js';

/** The fields that decide how a Space runs; each is one word or line of text. */
const fieldsSchema = z.object({
  title: z.string().nullable(),
  sdk: z.string().nullable(),
  sdkVersion: z.string().nullable(),
  appFile: z.string().nullable(),
  pythonVersion: z.string().nullable(),
});

const KEYS: Readonly<Record<keyof z.infer<typeof fieldsSchema>, string>> = {
  title: 'title',
  sdk: 'sdk',
  sdkVersion: 'sdk_version',
  appFile: 'app_file',
  pythonVersion: 'python_version',
};

const EMPTY: FrontMatter = {
  title: null,
  sdk: null,
  sdkVersion: null,
  appFile: null,
  pythonVersion: null,
  fields: new Map(),
};

/** The block between the first two lines of dashes, with the line that it starts on (from 1). */
interface Block {
  readonly yaml: string;
  readonly firstLine: number;
}

/**
 * Reads the front matter of a README.
 *
 * @param readme text without byte order mark
 * @param warn takes what is odd but no hindrance
 * @throws UserError E_SPACE_FRONT_MATTER with the line, for YAML that can't be read
 */
export function readFrontMatter(
  readme: string,
  warn: (warning: SpaceWarning) => void,
): FrontMatter {
  const block = findBlock(readme);
  if (!block) {
    const message = 'README.md has no front matter; on the platform that is a configuration error';
    warn({ file: 'README.md', line: 1, message });
    return EMPTY;
  }
  const fields = readFields(block, warn);
  const picked = Object.fromEntries(
    Object.entries(KEYS).map(([name, key]) => [name, textOf(fields.get(key), key)]),
  );
  return { ...fieldsSchema.parse(picked), fields };
}

function findBlock(readme: string): Block | null {
  const opening = /^\s*---[ \t]*(?:\r\n|\n|\r)/.exec(readme);
  if (!opening) return null;
  const rest = readme.slice(opening[0].length);
  const closing = /^---[ \t]*$/m.exec(rest);
  if (!closing) return null;
  const firstLine = opening[0].split(/\r\n|\n|\r/).length;
  return { yaml: rest.slice(0, closing.index), firstLine };
}

function readFields(
  { yaml, firstLine }: Block,
  warn: (warning: SpaceWarning) => void,
): ReadonlyMap<string, FrontMatterField> {
  const lineCounter = new LineCounter();
  const lineAt = (offset: number) => lineCounter.linePos(offset).line + firstLine - 1;
  const rangeOf = (start: number, end: number): TextRange => {
    const [from, to] = [lineCounter.linePos(start), lineCounter.linePos(end)];
    return {
      line: from.line + firstLine - 1,
      column: from.col,
      endLine: to.line + firstLine - 1,
      endColumn: to.col,
    };
  };
  // Duplicates are let through here and told below: a Space that runs elsewhere is to run.
  const document = parseDocument(yaml.replaceAll(/\r\n?/g, '\n'), {
    uniqueKeys: false,
    lineCounter,
  });
  const broken = document.errors[0];
  if (broken) {
    throw frontMatterError(lineAt(broken.pos[0]), (broken.message.split('\n')[0] ?? '').trim());
  }
  const fields = new Map<string, FrontMatterField>();
  if (document.contents === null) return fields;
  if (!isMap(document.contents)) {
    throw frontMatterError(firstLine, 'it has no `key: value` lines');
  }
  for (const { key, value } of document.contents.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    const line = lineAt(key.range?.[0] ?? 0);
    if (fields.has(name)) {
      warn({ file: 'README.md', line, message: `\`${name}\` is there twice; the last one counts` });
    }
    // The source text, and not the value: YAML reads `python_version: 3.10` as the number 3.1.
    const text = isScalar(value) ? (value.value === null ? null : (value.source ?? '')) : undefined;
    const plain: unknown = isScalar(value) ? value.value : value?.toJSON();
    const [start = 0, end = 0] = value?.range ?? [];
    const valueRange = end > start ? rangeOf(start, end) : null;
    fields.set(name, { line, valueRange, text, value: plain });
  }
  return fields;
}

function textOf(field: FrontMatterField | undefined, key: string): string | null {
  if (field === undefined || field.text === null) return null;
  if (field.text !== undefined) return field.text.trim() === '' ? null : field.text.trim();
  throw frontMatterError(field.line, `\`${key}\` must be text, and is a list or a table`);
}

function frontMatterError(line: number, reason: string): UserError {
  const why = reason.replace(/ at line \d+, column \d+:?$/, '');
  return new UserError(
    'E_SPACE_FRONT_MATTER',
    `README.md:${line}: the front matter can't be read`,
    {
      why: `${why}.`.replace(/\.\.$/, '.'),
      fix: [
        `mend line ${line} of README.md`,
        "text with a colon needs quotes: title: 'My Space: 2'",
      ],
    },
  );
}
