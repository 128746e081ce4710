import { textOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { compareVersions } from '../../versions.js';
import { gradioOf } from '../dependencies/gradio-release.js';
import { at, gpuBodies } from './facts.js';

type Data = { readonly function: string; readonly parameter: string; readonly type: string };

const EVENT_DATA =
  /^(?:gradio|gr)\.(?:(?:SelectData|EventData|KeyUpData|LikeData|RetryData|UndoData|EditData|DownloadData|CopyData|DeletedFileData)|(Request))$/;

export const gpuSelectdata = defineRule<Data>({
  id: 'ZG319',
  name: 'gpu-selectdata',
  severity: 'error',
  summary: 'event data of Gradio is a parameter of a GPU function',
  docs: {
    why: 'Arguments travel to the worker by pickle. Event data holds the component and the request, which cannot be pickled: PicklingError, or RecursionError.',
    instead: 'A thin undecorated handler takes the event data and passes its fields on.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef segment(image, event: gr.SelectData):\n    return model(image, event.index)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef segment(image, x, y): …\n\ndef on_select(image, event: gr.SelectData):\n    return segment(image, *event.index)',
      },
    ],
    notFound: '`gr.Request` can be pickled since Gradio 4.32; below that it is a warning.',
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      for (const one of fn.parameters) {
        const node = one.annotation?.children[0] ?? one.annotation;
        const name = node && context.python.nameOf(fn.file, node);
        const match = name ? EVENT_DATA.exec(name) : null;
        if (!match || !node || (match[1] && !isRequestRefused(context))) continue;
        const data = { function: fn.name, parameter: one.name, type: textOf(fn.file, node) };
        yield at(fn.file, one.node, data, { severity: match[1] ? 'warning' : 'error' });
      }
    }
  },
  words({ function: fn, parameter, type }) {
    return {
      message: `\`${fn}\` takes \`${parameter}: ${type}\`, which cannot be pickled for the worker`,
      help: 'take it in an undecorated handler, and pass the fields that are needed',
    };
  },
});

/** Since Gradio 4.32 a request travels by pickle. */
function isRequestRefused(context: RuleContext): boolean {
  const gradio = gradioOf(context);
  return gradio !== null && compareVersions(gradio, '4.32.0') < 0;
}
