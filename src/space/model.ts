/**
 * The Space as `zerogpu check` sees it: everything that can be read of it, what is broken included.
 * Making it never fails because of what the files hold.
 */
import type { SpaceFiles, SpaceListing, Unreadable } from './files.js';
import { parseFrontMatter } from './front-matter-block.js';
import type { SourceText } from './text.js';
import type { FrontMatterField, FrontMatterReading } from './types.js';

/** A file of ours that is there and can't be read. */
export interface UnreadableFile {
  readonly file: string;
  readonly reason: Unreadable;
  readonly sizeBytes: number;
}

export interface ReadmeModel {
  readonly source: SourceText;
  readonly frontMatter: FrontMatterReading;
}

/** The file that the platform starts. */
export interface AppFileModel {
  /** As `app_file` has it, else `app.py`; relative, with `/`. */
  readonly file: string;
  /** Where `app_file` is written; null when it is the default. */
  readonly declared: FrontMatterField | null;
  readonly exists: boolean;
  /** False for `../app.py` and absolute paths. */
  readonly isInside: boolean;
}

export interface SpaceModel {
  /** As the user named the folder; for headings. */
  readonly name: string;
  readonly listing: SpaceListing;
  /** Null when there is no README.md, or none that can be read. */
  readonly readme: ReadmeModel | null;
  readonly appFile: AppFileModel;
  readonly unreadable: readonly UnreadableFile[];
}

const DEFAULT_APP_FILE = 'app.py';

/** Reads what is not Python of a Space. */
export async function readSpaceModel(name: string, files: SpaceFiles): Promise<SpaceModel> {
  const listing = await files.list();
  const unreadable: UnreadableFile[] = [];
  const readText = async (file: string): Promise<SourceText | null> => {
    const reading = await files.read(file);
    if (reading.kind === 'text') return reading.source;
    if (reading.kind === 'unreadable') unreadable.push({ file, ...reading });
    return null;
  };
  const readmeText = await readText('README.md');
  const readme = readmeText && {
    source: readmeText,
    frontMatter: parseFrontMatter(readmeText.text),
  };
  const appFile = await findAppFile(readme, files);
  return { name, listing, readme, appFile, unreadable };
}

/** The field of the front matter, or undefined where there is none or it can't be read. */
export function frontMatterField(space: SpaceModel, key: string): FrontMatterField | undefined {
  const frontMatter = space.readme?.frontMatter;
  return frontMatter?.state === 'read' ? frontMatter.fields.get(key) : undefined;
}

async function findAppFile(readme: ReadmeModel | null, files: SpaceFiles): Promise<AppFileModel> {
  const fields = readme?.frontMatter.state === 'read' ? readme.frontMatter.fields : undefined;
  const declared = fields?.get('app_file');
  const named = declared?.text?.trim();
  if (!declared || !named) {
    const reading = await files.read(DEFAULT_APP_FILE);
    const exists = reading.kind !== 'absent';
    return { file: DEFAULT_APP_FILE, declared: null, exists, isInside: true };
  }
  const file = normalizePath(named);
  const isInside = file !== null;
  const exists = isInside && (await files.read(file)).kind !== 'absent';
  return { file: file ?? named, declared, exists, isInside };
}

/** `./src//app.py` as `src/app.py`; null for what leads out of the Space. */
export function normalizePath(path: string): string | null {
  if (path.startsWith('/')) return null;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}
