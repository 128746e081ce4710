import { defineRule, type RuleContext } from '../../rule.js';
import { meansZeroGpu } from '../code/facts.js';
import { installed } from './entries.js';
import { specifierOf } from './torch-candidates.js';

type Data = { readonly how: 'version' | 'index' | 'extra-index'; readonly text: string };

const CPU_INDEX = /download\.pytorch\.org\/whl\/(?:nightly\/)?cpu\b/;

export const torchCpuBuild = defineRule<Data>({
  id: 'ZG223',
  name: 'torch-cpu-build',
  severity: 'error',
  summary: 'requirements.txt asks for a PyTorch without CUDA',
  docs: {
    why: "On ZeroGPU the `spaces` package reads the CUDA version of PyTorch as it is imported. A build for the CPU has none: `import spaces` ends with \"'NoneType' object has no attribute 'startswith'\".",
    instead: 'Leave out `+cpu` and the index of CPU wheels.',
    notFound:
      'An extra index of CPU wheels without a pin of torch is a warning: pip prefers `2.8.0+cpu` to `2.8.0`, and the newest of both indexes.',
    examples: [
      {
        title: 'Fails',
        language: 'text',
        code: '--extra-index-url https://download.pytorch.org/whl/cpu\ntorch==2.8.0+cpu',
      },
      { title: 'Passes', language: 'text', code: 'torch==2.8.0' },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/torch/static.py: torch.version.cuda.startswith; PEP 440 on the order of local versions.',
  },
  *check(context) {
    // What does not import spaces is not meant for ZeroGPU, and starts without CUDA.
    const isMeant = context.python.app === null || meansZeroGpu(context);
    const severity = isMeant ? 'error' : 'info';
    for (const entry of installed(context, 'torch')) {
      const { file, requirementRange: range } = entry;
      const written = entry.url ?? entry.specifier;
      const isCpu = /\+cpu\b|%2Bcpu\b|\/whl\/cpu\//i.test(written);
      if (isCpu || /\+cpu$/.test(specifierOf(entry) ?? '')) {
        const { specifierRange, specifier } = entry;
        const newText = specifier.replace(/\+cpu$/, '');
        const isPlain = specifierRange !== null && newText !== specifier;
        yield {
          file,
          range,
          severity,
          data: { how: 'version', text: entry.text },
          ...(isPlain && entry.options.length === 0
            ? { fix: { edits: [{ file, range: specifierRange, newText }] } }
            : {}),
        };
        return;
      }
    }
    yield* ofIndexes(context, severity);
  },
  words({ how, text }) {
    return {
      message:
        how === 'version'
          ? `${text} is a build without CUDA`
          : `${text} offers builds of torch without CUDA, and pip takes those`,
      note: "`import spaces` fails: \"'NoneType' object has no attribute 'startswith'\"",
      help:
        how === 'version'
          ? 'leave +cpu out: the build of PyPI has CUDA'
          : 'leave it out: the build of PyPI has CUDA',
    };
  },
});

function* ofIndexes(context: RuleContext, severity: 'error' | 'info') {
  for (const { file, range, options, text } of context.space.requirements?.options ?? []) {
    if (!CPU_INDEX.test(text)) continue;
    const isOnly = options.some(({ name }) => name === '--index-url' || name === '-i');
    const isAsked = installed(context, 'torch').length > 0;
    const data: Data = { how: isOnly ? 'index' : 'extra-index', text: text.trim() };
    if (isOnly && isAsked) yield { file, range, data, severity };
    else if (isAsked && severity === 'error')
      yield { file, range, data, severity: 'warning' as const };
  }
}
