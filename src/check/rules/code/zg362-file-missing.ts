import { normalizePath } from '../../../space/paths.js';
import { type PyCall, stringOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, isTried, literalText, reachableCalls, reachableFiles } from './facts.js';

type Data = { readonly path: string };

/** What reads a file, by the place and the keyword of its path. */
const READERS: Readonly<Record<string, string>> = {
  open: 'file',
  'PIL.Image.open': 'fp',
  'numpy.load': 'file',
  'pandas.read_csv': 'filepath_or_buffer',
  'pandas.read_json': 'path_or_buf',
  'pandas.read_excel': 'io',
  'torch.load': 'f',
  'safetensors.torch.load_file': 'filename',
};
/** Where files may come from while the app starts, and where a path may start. */
const SOURCES =
  /\b(?:snapshot_download|hf_hub_download|urlretrieve|wget|gdown|curl|subprocess|os\.(?:system|chdir|popen|makedirs)|Repo|load_dataset|requests|urllib|httpx|zipfile|tarfile|shutil|cached_path|download\w*)\b/;

export const fileMissing = defineRule<Data>({
  id: 'ZG362',
  name: 'file-missing',
  severity: 'warning',
  summary: 'the app reads a file at its start that is not in the Space',
  docs: {
    why: 'What is not pushed is not there: files that .gitignore leaves out, or whose name is spelled otherwise. The app ends with FileNotFoundError when it starts.',
    instead: 'Push the file, or correct the path: upper and lower case count.',
    notFound:
      'Paths that are put together, absolute paths, reads under `try` or a condition; a Space whose code downloads or makes files at all, or names the file once more.',
    examples: [
      {
        title: 'Fails without words.json in the Space',
        language: 'python',
        code: 'import json\n\nwords = json.load(open("words.json"))',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'from huggingface_hub import hf_hub_download\n\nwords = json.load(open(hf_hub_download(REPO, "words.json")))',
      },
    ],
    evidence:
      'The Python standard library; paths are those of the Space, which is the folder in which the app starts.',
  },
  *check(context) {
    const { listing } = context.space;
    if (!listing.isComplete) return;
    const { python } = context;
    if (reachableFiles(context).some(({ text }) => SOURCES.test(text))) return;
    const paths = new Set(listing.entries.map(({ path }) => path));
    if (paths.has('.gitmodules')) return;
    for (const call of reachableCalls(context)) {
      const { file, node, inFunction } = call;
      if (inFunction || isTried(node) || python.isConditional(file, node)) continue;
      if (python.executionOf(file, node) !== 'executed') continue;
      const path = readBy(context, call);
      if (path === null || isThere(paths, path) || isNamedAgain(context, path)) continue;
      yield at(file, node, { path });
    }
  },
  words({ path }) {
    return {
      message: `${path} is read when the app starts, and is not in the Space`,
      note: 'FileNotFoundError',
      help: 'push the file, or correct the path: upper and lower case count',
    };
  },
});

/** The relative path that a call reads; null for what writes, and for what is put together. */
function readBy(
  context: RuleContext,
  { file, callee, positional, keywords }: PyCall,
): string | null {
  const keyword = callee !== null && Object.hasOwn(READERS, callee) ? READERS[callee] : undefined;
  if (keyword === undefined) return null;
  const node = positional[0] ?? keywords.get(keyword);
  const mode = callee === 'open' ? (positional[1] ?? keywords.get('mode')) : undefined;
  if (!node || (mode && !/^r[bt]?$/.test(stringOf(file, mode) ?? ''))) return null;
  const text = literalText(context, file, node);
  if (text === null || /^[/~]|:\/\/|[*?{]/.test(text)) return null;
  const path = normalizePath(text);
  return path === null || path === '' ? null : path;
}

/** A link or a folder of another repository may hold it. */
function isThere(paths: ReadonlySet<string>, path: string): boolean {
  return [...paths].some((one) => one === path || one.endsWith(`/${path}`));
}

/** Whether the code says that name elsewhere too: it may write the file. */
function isNamedAgain(context: RuleContext, path: string): boolean {
  const name = path.split('/').at(-1) ?? path;
  const count = reachableFiles(context).reduce(
    (sum, { text }) => sum + text.split(name).length - 1,
    0,
  );
  return count > 1;
}
