import { frontMatterField } from '../../../space/index.js';
import { defineRule } from '../../rule.js';

export const hardwareKeyIgnored = defineRule<Record<string, never>>({
  id: 'ZG111',
  name: 'hardware-key-ignored',
  severity: 'info',
  summary: '`hardware:` in the front matter does nothing',
  docs: {
    why: `The hardware of a Space is chosen in its settings (or through the API). A key \`hardware\` in the front matter is
ignored without a word.`,
    instead:
      'Choose ZeroGPU in the settings of the Space. For duplicates, write `suggested_hardware: zero-a10g`.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'hardware: zero-gpu' },
      { title: 'Passes', language: 'yaml', code: 'suggested_hardware: zero-a10g' },
    ],
    evidence: 'Hugging Face guidance for authors.',
  },
  *check({ space }) {
    const field = frontMatterField(space, 'hardware');
    if (!field) return;
    const { line, valueRange } = field;
    const isOneLine = (valueRange ?? field.keyRange).endLine === line && field.text !== undefined;
    const range = { line, column: 1, endLine: line + 1, endColumn: 1 };
    yield {
      file: 'README.md',
      range: field.keyRange,
      data: {},
      ...(isOneLine && { fix: { edits: [{ file: 'README.md', range, newText: '' }] } }),
    };
  },
  words() {
    return {
      message: 'the key `hardware` does nothing: hardware is chosen in the settings of the Space',
      help: 'remove it, or write suggested_hardware: zero-a10g for duplicates',
    };
  },
});
