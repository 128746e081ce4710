/**
 * The Space as `zerogpu check` sees it: everything that can be read of it, what is broken included.
 * Making it never fails because of what the files hold.
 */
import type { FileReading, SpaceFiles, SpaceListing, Unreadable } from './files.js';
import { parseFrontMatter } from './front-matter-block.js';
import { normalizePath } from './paths.js';
import type { PyprojectModel } from './pyproject.js';
import { type RequirementsModel, readRequirementsModel } from './requirements-model.js';
import type { SourceText } from './text.js';
import type { FrontMatterField, FrontMatterReading } from './types.js';

/** A file of the Space that exists but can't be read. */
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
  /** Nothing names it: it is the only file that builds a Gradio app. */
  readonly isAssumed: boolean;
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
  readonly requirements: RequirementsModel | null;
  /** Installed before requirements.txt. */
  readonly preRequirements: RequirementsModel | null;
  /** packages.txt, the Debian packages to install. */
  readonly packagesTxt: SourceText | null;
  readonly pyproject: PyprojectModel | null;
  readonly unreadable: readonly UnreadableFile[];
}

const DEFAULT_APP_FILE = 'app.py';

/** Reads what is not Python of a Space. */
export async function readSpaceModel(name: string, files: SpaceFiles): Promise<SpaceModel> {
  const listing = await files.list();
  const unreadable = new Map<string, UnreadableFile>();
  const read = async (file: string): Promise<FileReading> => {
    const reading = await files.read(file);
    if (reading.kind === 'unreadable') unreadable.set(file, { file, ...reading });
    return reading;
  };
  const readText = async (file: string): Promise<SourceText | null> => {
    const reading = await read(file);
    return reading.kind === 'text' ? reading.source : null;
  };
  const readmeText = await readText('README.md');
  const readme = readmeText && {
    source: readmeText,
    frontMatter: parseFrontMatter(readmeText.text),
  };
  const pyproject = await readText('pyproject.toml');
  return {
    name,
    listing,
    readme,
    appFile: await findAppFile(readme, listing, read),
    requirements: await readRequirementsModel('requirements.txt', read),
    preRequirements: await readRequirementsModel('pre-requirements.txt', read),
    packagesTxt: await readText('packages.txt'),
    // Few Spaces have one: its parser is loaded for these.
    pyproject: pyproject && (await import('./pyproject.js')).parsePyproject(pyproject.text),
    unreadable: [...unreadable.values()],
  };
}

/** The field of the front matter, or undefined where there is none or it can't be read. */
export function frontMatterField(space: SpaceModel, key: string): FrontMatterField | undefined {
  const frontMatter = space.readme?.frontMatter;
  return frontMatter?.state === 'read' ? frontMatter.fields.get(key) : undefined;
}

type Read = (file: string) => Promise<FileReading>;

async function findAppFile(
  readme: ReadmeModel | null,
  listing: SpaceListing,
  read: Read,
): Promise<AppFileModel> {
  const fields = readme?.frontMatter.state === 'read' ? readme.frontMatter.fields : undefined;
  const declared = fields?.get('app_file');
  const named = declared?.text?.trim();
  if (!declared || !named) {
    const exists = (await read(DEFAULT_APP_FILE)).kind !== 'absent';
    const assumed = exists ? null : await onlyGradioApp(listing, read);
    const file = assumed ?? DEFAULT_APP_FILE;
    return { file, declared: null, exists, isAssumed: assumed !== null, isInside: true };
  }
  const file = normalizePath(named);
  const exists = file !== null && (await read(file)).kind !== 'absent';
  return { file: file ?? named, declared, exists, isAssumed: false, isInside: file !== null };
}

/** Files that are looked at for an app; more Python beside each other is a library. */
const MOST_CANDIDATES = 60;
const BUILDS_GRADIO = /\b(?:gr|gradio)\.(?:Blocks|Interface|ChatInterface|TabbedInterface)\s*\(/;
const LAUNCHES = /\.launch\s*\(/;

/** The one file that builds a Gradio app; null where there is none, or more than one. */
async function onlyGradioApp(listing: SpaceListing, read: Read): Promise<string | null> {
  const scripts = listing.entries.filter(
    ({ path, kind }) => kind === 'file' && path.endsWith('.py') && !/(?:^|\/)tests?\//.test(path),
  );
  const builders: { path: string; launches: boolean }[] = [];
  for (const { path } of scripts.slice(0, MOST_CANDIDATES)) {
    const reading = await read(path);
    if (reading.kind !== 'text' || !BUILDS_GRADIO.test(reading.source.text)) continue;
    builders.push({ path, launches: LAUNCHES.test(reading.source.text) });
  }
  const launchers = builders.filter(({ launches }) => launches);
  const [only, ...more] = launchers.length > 0 ? launchers : builders;
  return only && more.length === 0 ? only.path : null;
}
