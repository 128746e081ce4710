import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';
import { foldersIn } from '../shared/folders-in.js';
import { isSpaceId } from '../shared/space-id.js';
import { filesInFolder } from './files.js';
import { readFrontMatter } from './front-matter.js';
import { logicalLines } from './logical-lines.js';
import { readSpaceModel } from './model.js';
import { importsOf } from './python-imports.js';
import type { RequirementsModel } from './requirements-model.js';
import type { FrontMatter, RequirementsFile, Space, SpaceWarning } from './types.js';

/** What the platform runs when the README names no file. */
const DEFAULT_APP_FILE = 'app.py';

/** The only SDK with ZeroGPU (page "Spaces ZeroGPU"). */
const SDK = 'gradio';

const NO_README: FrontMatter = {
  title: null,
  sdk: null,
  sdkVersion: null,
  appFile: null,
  pythonVersion: null,
  fields: new Map(),
};

/**
 * Reads the folder of a Space, for running it. What the platform insists on and a run can do
 * without (a README, its `sdk`) is only warned of.
 *
 * @param dir absolute, or relative to the current folder
 * @throws UserError E_SPACE_NOT_FOUND, E_SPACE_FRONT_MATTER, E_SPACE_SDK, E_SPACE_APP_FILE
 */
export async function readSpace(dir: string): Promise<Space> {
  const root = resolve(dir);
  await assertFolder(root);
  const warnings: SpaceWarning[] = [];
  const warn = (warning: SpaceWarning) => void warnings.push(warning);
  const name = basename(await realpath(root));
  const { readme, requirements, preRequirements, packagesTxt } = await readSpaceModel(
    name,
    filesInFolder(root),
  );
  const frontMatter = readme === null ? NO_README : readFrontMatter(readme.frontMatter, warn);
  assertGradio(frontMatter, readme !== null, warn);
  const appFile = await findAppFile(root, frontMatter);
  return {
    dir: root,
    name,
    frontMatter,
    appFile,
    requirements: installable(requirements, root),
    preRequirements: installable(preRequirements, root),
    packagesTxt: logicalLines(packagesTxt?.text ?? '').map(({ text }) => text),
    imports: await importsOf(root),
    warnings,
  };
}

/** A requirements file as an installer is given it. */
function installable(model: RequirementsModel | null, root: string): RequirementsFile | null {
  if (model === null) return null;
  const contents = [...model.sources.values()].map(({ text }) => text);
  return {
    path: join(root, model.file),
    content: contents.join('\n'),
    requirements: model.entries.filter(
      ({ isConstraint, isEditable }) => !isConstraint && !isEditable,
    ),
    options: [
      ...model.options.map(({ text }) => text),
      ...model.entries.filter(({ isEditable }) => isEditable).map(({ text }) => `-e ${text}`),
    ],
  };
}

async function assertFolder(dir: string): Promise<void> {
  const found = await kindOf(dir);
  if (found === 'folder') return;
  if (found === 'file') {
    const parent = relative(process.cwd(), dirname(dir)) || '.';
    throw new UserError('E_SPACE_NOT_FOUND', `${dir} is a file, not the folder of a Space`, {
      why: 'A Space is a folder with README.md, requirements.txt and the app file.',
      fix: `zerogpu run ${parent}`,
    });
  }
  const said = relative(process.cwd(), dir);
  const near = didYouMean(basename(dir), await foldersIn(dirname(dir)));
  const suggestion = near && (relative(process.cwd(), join(dirname(dir), near)) || '.');
  throw new UserError('E_SPACE_NOT_FOUND', `there is no folder ${dir}`, {
    why: near ? `Did you mean ${near}?` : 'A Space is a folder on this machine.',
    fix: [
      suggestion ? `zerogpu run ${suggestion}` : 'zerogpu run DIR   (the folder with app.py)',
      ...(isSpaceId(said) && !said.startsWith('.')
        ? [`zerogpu run hf:${said}   (the Space on the Hub)`]
        : []),
    ],
  });
}

function assertGradio(
  frontMatter: FrontMatter,
  hasReadme: boolean,
  warn: (warning: SpaceWarning) => void,
): void {
  const { sdk } = frontMatter;
  if (sdk === null) {
    if (hasReadme && frontMatter.fields.size > 0) {
      warn({ file: 'README.md', line: 1, message: `no sdk is named; ${SDK} is assumed` });
    }
    return;
  }
  if (sdk.toLowerCase() === SDK) return;
  const line = frontMatter.fields.get('sdk')?.line ?? 1;
  throw new UserError('E_SPACE_SDK', `README.md:${line}: sdk is "${sdk}"`, {
    why: 'ZeroGPU runs Gradio Spaces only.',
    fix: `sdk: ${SDK}   (line ${line} of README.md, if it is a Gradio app)`,
  });
}

async function findAppFile(root: string, frontMatter: FrontMatter): Promise<string> {
  const name = frontMatter.appFile ?? DEFAULT_APP_FILE;
  const path = resolve(root, name);
  const isInside = path.startsWith(root.endsWith(sep) ? root : root + sep);
  if (isInside && (await kindOf(path)) === 'file') return path;
  const scripts = (await readdir(root)).filter((entry) => entry.endsWith('.py')).sort();
  const line = frontMatter.fields.get('app_file')?.line;
  const near = didYouMean(name, scripts) ?? (scripts.length === 1 ? scripts[0] : undefined);
  throw new UserError('E_SPACE_APP_FILE', `there is no app file ${name} in ${root}`, {
    why: [
      line === undefined
        ? `README.md names no app_file, so it is ${DEFAULT_APP_FILE}.`
        : `README.md:${line} names it${isInside ? '' : ', and it lies outside the Space'}.`,
      scripts.length > 0 ? `Python files here: ${scripts.slice(0, 8).join(', ')}` : '',
    ]
      .filter(Boolean)
      .join('\n'),
    fix: near ? `app_file: ${near}   (in README.md)` : `create ${name}`,
  });
}

async function kindOf(path: string): Promise<'folder' | 'file' | null> {
  try {
    const found = await stat(path);
    return found.isDirectory() ? 'folder' : 'file';
  } catch {
    return null;
  }
}
