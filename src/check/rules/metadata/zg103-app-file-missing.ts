import { didYouMean } from '../../../shared/did-you-mean.js';
import type { SpaceModel } from '../../../space/index.js';
import { defineRule } from '../../rule.js';
import { blockRange, fieldRange, isGradio, readBlock } from './fields.js';

type Data = {
  readonly appFile: string;
  readonly isDeclared: boolean;
  readonly isInside: boolean;
  readonly near: string | null;
};

export const appFileMissing = defineRule<Data>({
  id: 'ZG103',
  name: 'app-file-missing',
  severity: 'error',
  summary: 'the file that the platform is to start does not exist',
  docs: {
    why: `The platform builds the Space and then starts \`app_file\`, or \`app.py\` when the front matter names none. When
there is no such file, the build succeeds and nothing starts.`,
    instead:
      'Name the file that exists, or rename it. Letter case counts, and so does a blank in the name.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'app_file: demo.py' },
      { title: 'Passes', language: 'yaml', code: 'app_file: app.py' },
      { title: 'An app in a folder', language: 'yaml', code: 'app_file: demo/main.py' },
    ],
    evidence: 'Spaces configuration reference of Hugging Face; seen in public Spaces.',
  },
  *check({ space, profile }) {
    const block = readBlock(space);
    const { file, declared, exists, isAssumed, isInside } = space.appFile;
    const appFile = isAssumed ? 'app.py' : file;
    if (!block || exists || !isGradio(space, profile)) return;
    // The rule on types reports a list or a table as `app_file`.
    if (block.fields.get('app_file')?.text === undefined && block.fields.has('app_file')) return;
    const range = declared ? fieldRange(declared) : blockRange(block);
    const data = {
      appFile,
      isDeclared: declared !== null,
      isInside,
      near: isAssumed ? file : nearest(space, appFile),
    };
    yield { file: 'README.md', range, data };
  },
  words({ appFile, isDeclared, isInside, near }) {
    const help = near === null ? `create ${appFile}` : helpFor(near);
    if (!isInside) return { message: `app_file is ${appFile}, which lies outside the Space`, help };
    const message = isDeclared
      ? `app_file is ${appFile}, and there is no such file`
      : `there is no ${appFile}, and the front matter names no app_file`;
    return { message, help };
  },
});

function helpFor(near: string): string {
  return near === near.trim()
    ? `app_file: ${near}`
    : `rename "${near}": its name begins or ends with a blank`;
}

/** The Python file that was most likely meant. */
function nearest(space: SpaceModel, appFile: string): string | null {
  const scripts = space.listing.entries
    .filter(({ path, kind }) => kind === 'file' && path.trim().endsWith('.py'))
    .map(({ path }) => path);
  const same = scripts.find((path) => path.trim().toLowerCase() === appFile.toLowerCase());
  const base = appFile.split('/').at(-1) ?? appFile;
  const moved = scripts.filter((path) => path.split('/').at(-1) === base);
  const top = scripts.filter((path) => !path.includes('/'));
  if (same) return same;
  if (moved.length === 1) return moved[0] ?? null;
  return didYouMean(appFile, top) ?? (top.length === 1 ? (top[0] ?? null) : null);
}
