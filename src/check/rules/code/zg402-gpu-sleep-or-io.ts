import { defineRule } from '../../rule.js';
import { at, callsIn, gpuBodies } from './facts.js';

type Data = { readonly function: string; readonly call: string };

const WAITS =
  /^(?:time\.sleep|requests\.(?:get|post|put|request)|httpx\.(?:get|post|put)|urllib\.request\.(?:urlopen|urlretrieve)|huggingface_hub\.(?:upload_file|upload_folder|HfApi)|yt_dlp\.YoutubeDL)$/;

/** Shorter waits cost no visitor a call. */
const SHORTEST_SECONDS = 0.1;

export const gpuSleepOrIo = defineRule<Data>({
  id: 'ZG402',
  name: 'gpu-sleep-or-io',
  severity: 'advice',
  summary: 'a GPU function waits for something that needs no GPU',
  docs: {
    why: 'The slice is held, and paid for, while the function sleeps, downloads or uploads.',
    instead: 'Do it in an undecorated function, before or after the GPU call.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(url):\n    image = requests.get(url).content\n    return model(image)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef caption(image):\n    return model(image)\n\ndef generate(url):\n    return caption(requests.get(url).content)',
      },
    ],
    evidence: 'Hugging Face documentation, page "Spaces ZeroGPU" (2025-11-05): quota is GPU time.',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      for (const { file, node, callee, positional } of callsIn(fn)) {
        const seconds = positional[0] ? context.python.numberOf(file, positional[0]) : null;
        if (callee === 'time.sleep' && seconds !== null && seconds < SHORTEST_SECONDS) continue;
        if (callee && WAITS.test(callee)) yield at(file, node, { function: fn.name, call: callee });
      }
    }
  },
  words({ function: name, call }) {
    return {
      message: `\`${name}\` holds the GPU while ${call} waits`,
      help: 'do it before or after the GPU call',
    };
  },
});
