/** `init --here`: what an app that exists lacks for being a ZeroGPU Space. Pure. */
import type { SpaceModel } from '../space/index.js';
import { AGENTS_PATH, agentsPage } from './agents-page.js';
import type { Answers } from './answers.js';
import { LAUNCH_PATH } from './launch.js';
import type { SpaceFile } from './manifest.js';

/** Files of a template that make sense beside somebody's own app. */
const GENERAL = new Set([
  'README.md',
  'zerogpu.json',
  AGENTS_PATH,
  '.gitignore',
  '.github/workflows/zerogpu.yml',
  LAUNCH_PATH,
]);

/** What is added: never code, and no requirement that the app did not ask for. */
export function filesForExisting(
  files: readonly SpaceFile[],
  appFile: string,
  { title }: Answers,
): readonly SpaceFile[] {
  return files
    .filter(({ path }) => GENERAL.has(path))
    .map((file) => {
      if (file.path === AGENTS_PATH) return { ...file, content: agentsPage(title, [], false) };
      if (file.path !== 'README.md') return file;
      return { path: file.path, content: `${frontMatter(file.content, appFile)}\n# ${title}\n` };
    });
}

/** The block between the dashes, for this app file, with the lines of dashes. */
export function frontMatter(readme: string, appFile: string): string {
  const block = readme.slice(0, readme.indexOf('\n---\n', 3) + '\n---\n'.length);
  return block
    .replace(/^app_file:.*$/m, () => `app_file: ${appFile}`)
    .replace(/^short_description:.*\n/m, '');
}

/**
 * What is left to do by hand, as paragraphs.
 *
 * @param python the text of each Python file
 */
export function advice(
  space: SpaceModel,
  python: readonly string[],
  block: string,
): readonly string[] {
  const said: string[] = [];
  if (space.readme !== null && space.readme.frontMatter.state !== 'read') {
    said.push(`README.md has no front matter that can be read. It begins with:\n${indent(block)}`);
  }
  if (!python.some((text) => GPU_FUNCTION.test(text))) {
    said.push(
      `No function asks for a GPU. In the app, before torch is imported:\n${indent('import spaces')}\n` +
        'and above the function that computes, with the seconds that one call may take:\n' +
        `${indent('@spaces.GPU(duration=30)')}\n` +
        'Models go to "cuda" when the app starts, outside that function.',
    );
  }
  return said;
}

/** A hint, not a parser: `zerogpu check` reads the code. */
const GPU_FUNCTION = /\bspaces\s*\.\s*GPU\b|from\s+spaces\s+import\b.*\bGPU\b/;

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
