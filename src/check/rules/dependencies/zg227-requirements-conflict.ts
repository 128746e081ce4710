import type { RequirementEntry } from '../../../space/index.js';
import { namesInReason } from '../../resolve/uv-answer.js';
import { defineRule, type Resolution, type RuleContext } from '../../rule.js';
import { pythonOf } from '../../space-python.js';
import { installed } from './entries.js';

type Data = {
  /** As the line has it; null where the reason names no line of the Space. */
  readonly line: string | null;
  /** Other lines that the reason names. */
  readonly others: readonly string[];
  readonly python: string;
  readonly words: string;
  readonly isGone: boolean;
};

export const requirementsConflict = defineRule<Data>({
  id: 'ZG227',
  name: 'requirements-conflict',
  severity: 'error',
  asksResolver: true,
  // These know the clash by name, and how to end it.
  yieldsTo: ['ZG211', 'ZG214', 'ZG225'],
  summary: 'no set of versions satisfies all requirements (asked with --resolve)',
  docs: {
    why: 'pip installs requirements.txt in one resolution, together with the Gradio of `sdk_version` and `spaces`. Where no set of versions satisfies all of them, or a wheel is not at its address, the build ends.',
    instead:
      'Change the line that is named, or one of the others that the reason names; the reason is in the words of uv.',
    notFound:
      'What only an installation finds out: packages that are built from source, folders and repositories. The report names them as not checked. uv takes packages from the index that it is set up for, which may have others than PyPI.',
    examples: [
      {
        title: 'Fails: torchvision 0.22.0 wants torch 2.7.0',
        language: 'text',
        code: 'torch==2.8.0\ntorchvision==0.22.0',
      },
      { title: 'Passes', language: 'text', code: 'torch==2.8.0\ntorchvision==0.23.0' },
      { title: 'Asking uv', language: 'sh', code: 'zerogpu check --resolve' },
    ],
    evidence: 'What `uv pip compile` answers for the Python of the Space on Linux x86-64.',
  },
  *check(context) {
    const resolution = context.resolutions.get(context.profile.name);
    if (resolution?.kind !== 'conflict') return;
    const { words, url } = resolution;
    const [entry, ...others] = blamed(context, resolution);
    const data = {
      line: entry?.text ?? null,
      others: others.map(({ text }) => text),
      python: pythonOf(context.space, context.profile).minor,
      words,
      isGone: url !== null,
    };
    const file = entry?.file ?? context.space.requirements?.file ?? 'README.md';
    yield { file, range: entry?.requirementRange ?? null, data };
  },
  words({ line, others, python, words, isGone }) {
    if (isGone) {
      return { message: `the wheel of ${line} is not there`, note: words };
    }
    const what = line === null ? 'the requirements' : line;
    const beside = others.length === 0 ? '' : ` beside ${others.join(', ')}`;
    return {
      message: `uv finds no versions for ${what}${beside} on Python ${python}`,
      note: `uv: ${words}`,
    };
  },
});

/** The lines that uv's reason names, the one that has to give way first. */
function blamed(
  context: RuleContext,
  { words, url }: Extract<Resolution, { kind: 'conflict' }>,
): readonly RequirementEntry[] {
  const constraints = context.space.requirements?.entries.filter((one) => one.isConstraint) ?? [];
  const entries = [...installed(context), ...constraints];
  if (url !== null) return entries.filter((entry) => entry.text.includes(url.split('#')[0] ?? url));
  const names = namesInReason(
    words,
    entries.flatMap(({ name }) => name ?? []),
  );
  return names.flatMap((name) => entries.filter((entry) => entry.name === name));
}
