import { defineRule } from '../../rule.js';
import { readBlock } from './fields.js';

type Data = { readonly key: string; readonly lastLine: number };

export const frontMatterDuplicate = defineRule<Data>({
  id: 'ZG116',
  name: 'front-matter-duplicate',
  severity: 'warning',
  summary: 'a key is in the front matter twice',
  docs: {
    why: `YAML forbids the same key twice in one table. Some readers take the last value, some refuse the block, and the
Space is then without configuration.`,
    instead: 'Keep one of the lines.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'app_file: app.py\napp_file: demo.py' },
      { title: 'Passes', language: 'yaml', code: 'app_file: app.py' },
    ],
    evidence: 'YAML 1.2, section 3.2.1.3.',
  },
  *check({ space }) {
    const block = readBlock(space);
    for (const { name, keyRange } of block?.duplicates ?? []) {
      const lastLine = block?.fields.get(name)?.line ?? keyRange.line;
      yield { file: 'README.md', range: keyRange, data: { key: name, lastLine } };
    }
  },
  words({ key, lastLine }) {
    return {
      message: `the key \`${key}\` is there twice`,
      note: `the value of line ${lastLine} counts, if any`,
    };
  },
});
