import { UserError } from '../shared/errors.js';
import type { FrontMatter, FrontMatterField, FrontMatterReading, SpaceWarning } from './types.js';

const EMPTY: FrontMatter = {
  title: null,
  sdk: null,
  sdkVersion: null,
  appFile: null,
  pythonVersion: null,
  fields: new Map(),
};

/**
 * The front matter of a README for running the Space: what can't be read stops it.
 *
 * @param warn takes what is odd but no hindrance
 * @throws UserError E_SPACE_FRONT_MATTER with the line, for YAML that can't be read
 */
export function readFrontMatter(
  reading: FrontMatterReading,
  warn: (warning: SpaceWarning) => void,
): FrontMatter {
  if (reading.state === 'absent') {
    const message = 'README.md has no front matter; on the platform that is a configuration error';
    warn({ file: 'README.md', line: 1, message });
    return EMPTY;
  }
  if (reading.state === 'broken') throw frontMatterError(reading.line, reading.reason);
  for (const { name, keyRange } of reading.duplicates) {
    const message = `\`${name}\` is there twice; the last one counts`;
    warn({ file: 'README.md', line: keyRange.line, message });
  }
  const { fields } = reading;
  return {
    title: textOf(fields.get('title'), 'title'),
    sdk: textOf(fields.get('sdk'), 'sdk'),
    sdkVersion: textOf(fields.get('sdk_version'), 'sdk_version'),
    appFile: textOf(fields.get('app_file'), 'app_file'),
    pythonVersion: textOf(fields.get('python_version'), 'python_version'),
    fields,
  };
}

function textOf(field: FrontMatterField | undefined, key: string): string | null {
  if (field === undefined || field.text === null) return null;
  if (field.text !== undefined) return field.text.trim() === '' ? null : field.text.trim();
  throw frontMatterError(field.line, `\`${key}\` must be text, and is a list or a table`);
}

function frontMatterError(line: number, reason: string): UserError {
  return new UserError(
    'E_SPACE_FRONT_MATTER',
    `README.md:${line}: the front matter can't be read`,
    {
      why: `${reason}.`,
      fix: [
        `fix line ${line} of README.md`,
        "text with a colon needs quotes: title: 'My Space: 2'",
      ],
    },
  );
}
