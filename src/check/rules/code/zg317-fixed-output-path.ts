import { type PyCall, textOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, callsIn, gpuBodies, literalText, plainHandlers } from './facts.js';

type Data = { readonly path: string; readonly function: string };

/** What writes a file, and where its path stands among the arguments. */
const WRITERS: readonly (readonly [name: RegExp, position: number])[] = [
  [
    /^(?:cv2\.imwrite|soundfile\.write|imageio\.(?:mimsave|mimwrite|imwrite)|torchaudio\.save|torchvision\.utils\.save_image)$/,
    0,
  ],
  [/^torchvision\.utils\.save_image$/, 1],
  [/(?:^|\.)export_to_(?:video|gif|ply|obj)$/, 1],
  [/^scipy\.io\.wavfile\.write$/, 0],
];
const METHODS = new Set(['save', 'export', 'write_videofile', 'write_html', 'savefig']);

export const fixedOutputPath = defineRule<Data>({
  id: 'ZG317',
  name: 'fixed-output-path',
  severity: 'warning',
  summary: 'every call writes to the same file',
  docs: {
    why: 'Handlers of several visitors run at the same time. With one path for all, a visitor may be handed the file of another.',
    instead: 'A name of its own for each call, from `tempfile` or `uuid`.',
    notFound: 'Names with anything that changes in them.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'OUT = "result.mp4"\n\n@spaces.GPU\ndef run(prompt):\n    export_to_video(pipe(prompt).frames[0], OUT)\n    return OUT',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'with tempfile.NamedTemporaryFile(suffix=".mp4", delete=False) as file:\n    export_to_video(frames, file.name)\nreturn file.name',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    for (const fn of new Set([...gpuBodies(context), ...plainHandlers(context)])) {
      for (const call of callsIn(fn)) {
        const path = writtenPath(context, call);
        if (path !== null) yield at(call.file, call.node, { path, function: fn.name });
      }
    }
  },
  words({ path, function: name }) {
    return {
      message: `each call of \`${name}\` writes to ${path}`,
      note: "visitors whose calls overlap get each other's files",
      help: 'a name for each call: tempfile.NamedTemporaryFile(delete=False)',
    };
  },
});

function writtenPath(context: RuleContext, call: PyCall): string | null {
  const { file, callee, method, positional } = call;
  if (callee === 'open' || callee === 'io.open') return openedPath(context, call);
  const writer = WRITERS.find(([name]) => name.test(callee ?? ''));
  const isMethod =
    callee !== 'torch.save' &&
    METHODS.has(method ?? '') &&
    call.node.children[0]?.type === 'attribute';
  if (!writer && !isMethod) return null;
  const node = positional[writer?.[1] ?? 0];
  const path = node ? literalText(context, file, node) : null;
  return path && /\.\w{2,5}$/.test(path) ? path : null;
}

/** What a visitor looks at or listens to: a file of settings or a log may be meant for all. */
const MEDIA =
  /\.(?:png|jpe?g|webp|gif|mp4|webm|mov|avi|mkv|wav|mp3|flac|ogg|m4a|glb|gltf|obj|ply|stl|pdf|svg|zip)$/i;

/** `open(OUT, "wb")`. */
function openedPath(context: RuleContext, { file, positional, keywords }: PyCall): string | null {
  const mode = keywords.get('mode') ?? positional[1];
  if (!mode || !/^["'][wx]/.test(textOf(file, mode)) || !positional[0]) return null;
  const path = literalText(context, file, positional[0]);
  return path !== null && MEDIA.test(path) ? path : null;
}
