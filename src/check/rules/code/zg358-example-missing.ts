import { normalizePath } from '../../../space/paths.js';
import { nodesIn, type PyNode, type PythonFile, stringOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, reachableCalls, reachableFiles } from './facts.js';

type Data = { readonly path: string };

const FILE =
  /^(?![a-z]+:|\/)[^\n*?{}<>|]+\.(?:png|jpe?g|webp|gif|bmp|wav|mp3|flac|ogg|m4a|mp4|webm|mov|obj|glb|ply|stl|pdf|csv|npy|json)$/i;

export const exampleMissing = defineRule<Data>({
  id: 'ZG358',
  name: 'example-missing',
  severity: 'warning',
  summary: 'an example names a file that is not in the Space',
  docs: {
    why: 'Gradio reads the files of examples when it builds the page or when somebody clicks one: a file that was not pushed ends in FileNotFoundError, at start-up where examples are cached.',
    instead:
      'Push the file, or name one that is there. Paths are relative to the folder that the app runs in, and case counts.',
    notFound: 'URLs, absolute paths, and files that the code downloads or writes itself.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'gr.Examples([["examples/Cat.png"]], image)  # the file is examples/cat.png',
      },
      { title: 'Passes', language: 'python', code: 'gr.Examples([["examples/cat.png"]], image)' },
    ],
    evidence: 'Gradio 6.31.0, gradio/helpers.py: Examples.',
  },
  *check(context) {
    const { listing } = context.space;
    const paths = new Set(listing.entries.map(({ path }) => path));
    if (!listing.isComplete) return;
    for (const { file, callee, keywords, positional } of reachableCalls(context)) {
      const isExamples = callee === 'gradio.Examples';
      const isInterface = callee === 'gradio.Interface' || callee === 'gradio.ChatInterface';
      const node = keywords.get('examples') ?? (isExamples ? positional[0] : undefined);
      if (!node || (!isExamples && !isInterface)) continue;
      for (const { from, value } of literalsOf(context, file, node)) {
        const text = stringOf(from, value)?.trim() ?? '';
        const path = FILE.test(text) ? normalizePath(text) : null;
        if (path === null || isThere(paths, path) || isMade(context, text, value)) continue;
        yield at(from, value, { path: text });
      }
    }
  },
  words({ path }) {
    return {
      message: `the example ${path} is not in the Space`,
      help: 'push the file, or correct the path: upper and lower case count',
    };
  },
});

interface Literal {
  readonly from: PythonFile;
  readonly value: PyNode;
}

/** Strings in the list of examples, or in the one list that a name stands for. */
function literalsOf({ python }: RuleContext, file: PythonFile, node: PyNode): readonly Literal[] {
  const isName = node.type === 'identifier' || node.type === 'attribute';
  const places = isName ? python.valuesOf(file, node) : [{ file, node }];
  return places.flatMap(({ file: from, node: list }) => {
    if (list.type !== 'list' && list.type !== 'tuple') return [];
    const strings = [...nodesIn(list, ({ type }) => type !== 'call')];
    return strings.flatMap((value) => (value.type === 'string' ? [{ from, value }] : []));
  });
}

function isThere(paths: ReadonlySet<string>, path: string): boolean {
  return paths.has(path) || [...paths].some((one) => one.endsWith(`/${path}`));
}

/** Whether the code says that name elsewhere too: it may write the file, or download it. */
function isMade(context: RuleContext, text: string, node: PyNode): boolean {
  const name = text.split('/').at(-1) ?? text;
  return reachableFiles(context).some((file) => {
    const count = file.text.split(name).length - 1;
    const isOwn =
      node.start < file.text.length && file.text.slice(node.start, node.end).includes(name);
    return count > (isOwn ? 1 : 0);
  });
}
