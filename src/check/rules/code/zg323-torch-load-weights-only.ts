import { defineRule } from '../../rule.js';
import { isBelow } from '../../versions.js';
import { constraining } from '../dependencies/entries.js';
import { addKeyword } from './edits.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly call: string };

export const torchLoadWeightsOnly = defineRule<Data>({
  id: 'ZG323',
  name: 'torch-load-weights-only',
  severity: 'info',
  summary: 'torch.load reads weights alone since torch 2.6',
  docs: {
    why: 'Since PyTorch 2.6 `torch.load` takes tensors and plain containers only. A checkpoint with other objects in it ends in "Weights only load failed".',
    instead:
      '`weights_only=False` for a file that you trust; say `weights_only=True` where it is enough.',
    examples: [
      { title: 'Fails', language: 'python', code: 'checkpoint = torch.load("model.pt")' },
      {
        title: 'Passes',
        language: 'python',
        code: 'checkpoint = torch.load("model.pt", weights_only=True)',
      },
    ],
    evidence: 'PyTorch 2.6 release notes; Hugging Face guidance for authors.',
  },
  *check(context) {
    if (constraining(context, 'torch').some(({ specifier }) => isBelow(specifier, '2.6'))) return;
    const loads = reachableCalls(context).filter(
      ({ callee, keywords, positional }) =>
        callee === 'torch.load' &&
        !keywords.has('weights_only') &&
        !positional.some(({ type }) => type.endsWith('splat')),
    );
    // One finding for a Space: the advice is the same for all.
    const [first] = loads;
    if (!first) return;
    const edits = loads.flatMap(
      ({ file, node }) => addKeyword(file, node, 'weights_only=True')?.edits ?? [],
    );
    const fix = edits.length > 0 ? { fix: { edits } } : {};
    yield at(first.file, first.node, { call: 'torch.load' }, fix);
  },
  words({ call }) {
    return {
      message: `${call} without weights_only takes nothing but weights since torch 2.6`,
      help: 'weights_only=True, or False for a checkpoint with objects that you trust',
    };
  },
});
