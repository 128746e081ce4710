import { defineRule } from '../../rule.js';
import { installed } from './entries.js';

type Data = { readonly name: string };

const NEAR: ReadonlySet<string> = new Set([
  'space',
  'hf-spaces',
  'hf-space',
  'huggingface-spaces',
  'huggingface-space',
  'gradio-spaces',
  'spaces-gpu',
  'zero-gpu',
  'zerogpu',
]);

export const spacesWrongPackage = defineRule<Data>({
  id: 'ZG210',
  name: 'spaces-wrong-package',
  severity: 'warning',
  summary: 'a package is listed that is not the spaces package, and is named like it',
  docs: {
    why: 'The package that decorates GPU functions is called `spaces` on PyPI. Names near it are other projects, or not registered yet.',
    instead: 'Write `spaces`, or nothing: the platform installs it.',
    notFound: '`from gymnasium import spaces` in the code is another module, and no mistake.',
    examples: [
      { title: 'Fails', language: 'text', code: 'huggingface-spaces' },
      { title: 'Passes', language: 'text', code: 'spaces' },
    ],
    evidence: 'Seen in public Spaces.',
  },
  *check(context) {
    for (const entry of installed(context)) {
      if (entry.name === null || entry.url !== null || !NEAR.has(entry.name)) continue;
      const { file, requirementRange: range, name } = entry;
      const isPlain = /^[\w.-]+$/.test(entry.text.trim());
      const fix = { edits: [{ file, range, newText: 'spaces' }], safety: 'unsafe' as const };
      yield { file, range, data: { name }, ...(isPlain && { fix }) };
    }
  },
  words({ name }) {
    return { message: `${name} is not the package of @spaces.GPU`, help: 'spaces' };
  },
});
