import { defineRule } from '../../rule.js';

type Data = { readonly id: string; readonly hardware: string };

/** Every edition of ZeroGPU has had hardware of such a name: `zero-a10g`, whatever the card. */
const ZERO = /^zero-/;

export const notOnZeroGpu = defineRule<Data>({
  id: 'ZG501',
  name: 'not-on-zerogpu',
  severity: 'warning',
  asksHub: true,
  summary: 'on the Hub the Space runs on other hardware than ZeroGPU',
  docs: {
    why: `Off ZeroGPU \`@spaces.GPU\` does nothing: the function runs in the app's own process, on the GPU that the
hardware has, and on a CPU that has none \`.to("cuda")\` fails. Quotas and durations do not count there. The
hardware is a setting of the Space, not a file, so only a Space that is named \`hf:OWNER/NAME\` is asked about.`,
    instead:
      'Choose ZeroGPU in Settings > Hardware, or check what is meant for other hardware with other means.',
    examples: [
      {
        title: 'Fails: what the Hub says of the Space',
        language: 'json',
        code: '{ "runtime": { "hardware": { "current": "cpu-basic" } } }',
      },
      {
        title: 'Passes: what the Hub says of the Space',
        language: 'json',
        code: '{ "runtime": { "hardware": { "current": "zero-a10g" } } }',
      },
      { title: 'Asking the Hub as well', language: 'sh', code: 'zerogpu check hf:OWNER/NAME' },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces ZeroGPU"; the names of hardware in the types of @huggingface/hub 2.17 (zero-a10g).',
  },
  *check({ hub }) {
    if (!hub?.hardware || ZERO.test(hub.hardware)) return;
    yield { file: 'README.md', range: null, data: { id: hub.id, hardware: hub.hardware } };
  },
  words({ id, hardware }) {
    return {
      message: `${id} runs on ${hardware}, not on ZeroGPU`,
      help: 'choose ZeroGPU in Settings > Hardware of the Space',
    };
  },
});
