/** What has changed in what a Space says of itself between two starts of its app. Pure. */
import { needsTorch } from '../../python-env/needs-torch.js';
import type { RequirementsFile, Space } from '../../space/index.js';

export interface DeclaredChanges {
  /** One for each change, for the log. */
  readonly lines: readonly string[];
  /** Whether another Python environment may be wanted. */
  readonly environment: boolean;
}

/** The run has set these up, and does so once. */
const AT_START_OF_RUN = /^hf_oauth/;
/** Each start of the app takes these as they are then. */
const AT_START_OF_APP = new Set(['sdk_version', 'python_version', 'app_file']);

export function declaredChanges(before: Space, after: Space): DeclaredChanges {
  const files = [
    ...requirementLines('pre-requirements.txt', before.preRequirements, after.preRequirements),
    ...requirementLines('requirements.txt', before.requirements, after.requirements),
  ];
  const versions = (['sdkVersion', 'pythonVersion'] as const).some(
    (key) => before.frontMatter[key] !== after.frontMatter[key],
  );
  return {
    lines: [...files, ...packageLines(before, after), ...frontMatterLines(before, after)],
    environment: files.length > 0 || versions || needsTorch(before) !== needsTorch(after),
  };
}

function requirementLines(
  file: string,
  before: RequirementsFile | null,
  after: RequirementsFile | null,
): readonly string[] {
  if ((before?.content ?? '') === (after?.content ?? '')) return [];
  const [old, now] = [before, after].map((one) => [
    ...(one?.requirements ?? []).map(({ text }) => text),
    ...(one?.options ?? []),
  ]);
  const added = (now ?? []).filter((text) => !old?.includes(text)).map((text) => `+ ${text}`);
  const gone = (old ?? []).filter((text) => !now?.includes(text)).map((text) => `- ${text}`);
  // Only comments have changed: the environment's name counts the whole file, and so do we.
  const what = [...gone, ...added].join(', ') || 'the same packages, written otherwise';
  return [`${file}: ${what}`];
}

function packageLines(before: Space, after: Space): readonly string[] {
  const added = after.packagesTxt.filter((name) => !before.packagesTxt.includes(name));
  if (added.length === 0) return [];
  return [
    `packages.txt: + ${added.join(', ')}; zerogpu installs no system packages: sudo apt-get install ${added.join(' ')}`,
  ];
}

function frontMatterLines(before: Space, after: Space): readonly string[] {
  const [old, now] = [before, after].map(({ frontMatter }) => frontMatter.fields);
  const names = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])];
  return names.flatMap((name) => {
    const [was, is] = [old, now].map((fields) => JSON.stringify(fields?.get(name)?.value));
    if (was === is) return [];
    return [`README.md: ${name}: ${was ?? 'none'} -> ${is ?? 'none'}${consequence(name)}`];
  });
}

function consequence(name: string): string {
  if (AT_START_OF_APP.has(name)) return '';
  if (AT_START_OF_RUN.test(name)) return ' (when the run is started again)';
  return ' (changes nothing here)';
}
