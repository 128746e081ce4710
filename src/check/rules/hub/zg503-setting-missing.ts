import { variablesRequired, variablesSet } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableFiles } from '../code/facts.js';

type Data = { readonly id: string; readonly name: string; readonly isKnown: boolean };

/** What the platform, the base image or the Space's own start sets for every Space. */
const ALWAYS_THERE =
  /^(?:SPACE_.*|SPACES_.*|ACCELERATOR|CPU_CORES|MEMORY|SYSTEM|OAUTH_.*|OPENID_PROVIDER_URL|GRADIO_.*|HF_HOME|HF_HUB_.*|ZERO_GPU_.*|ZEROGPU_.*|CUDA_.*|NVIDIA_.*|PYTHON.*|PATH|HOME|USER|HOSTNAME|PWD|LANG|LC_.*|SHELL|TERM|TMPDIR|OMP_NUM_THREADS)$/;

export const settingMissing = defineRule<Data>({
  id: 'ZG503',
  name: 'setting-missing',
  severity: 'warning',
  asksHub: true,
  summary: 'the code reads a variable that the Space on the Hub may not have',
  docs: {
    why: `\`os.environ["NAME"]\` raises KeyError where NAME is not set. Variables and secrets are settings of a Space,
not files: a copy of the Space, or a new one of the same files, does not have them. With a token that may change
the Space the Hub lists their names, and a missing one is a warning; without, all that can be said is what has to be
there (an info).`,
    instead:
      'Set it in Settings > Variables and secrets, or read it with `os.environ.get("NAME")` and tell visitors what is missing.',
    notFound:
      '`os.environ.get` and `os.getenv`, which give None; reads inside `try`; files that the app does not run.',
    examples: [
      {
        title: 'Fails without a variable API_KEY on the Hub',
        language: 'python',
        code: 'key = os.environ["API_KEY"]',
      },
      { title: 'Passes', language: 'python', code: 'key = os.environ.get("API_KEY")' },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces overview" (variables, secrets, helper variables); get_space_variables and get_space_secrets of huggingface_hub 2.4.0.',
  },
  *check(context) {
    const { hub } = context;
    if (!hub) return;
    const files = reachableFiles(context);
    const done = new Set([...(hub.settings ?? []), ...files.flatMap(variablesSet)]);
    const isKnown = hub.settings !== null;
    for (const file of files) {
      for (const { node, name } of variablesRequired(file)) {
        if (done.has(name) || ALWAYS_THERE.test(name)) continue;
        done.add(name);
        const severity = isKnown ? 'warning' : 'info';
        yield at(file, node, { id: hub.id, name, isKnown }, { severity });
      }
    }
  },
  words({ id, name, isKnown }) {
    return {
      message: isKnown
        ? `${id} has no variable and no secret ${name}, and this read of it fails without`
        : `${id} has to have a variable or a secret ${name}: this read of it fails without`,
      help: `set ${name} in Settings > Variables and secrets, or read it with os.environ.get`,
    };
  },
});
