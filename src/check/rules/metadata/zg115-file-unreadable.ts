import { defineRule } from '../../rule.js';

type Data = { readonly reason: string; readonly megabytes: number };

const REASONS: Readonly<Record<string, string>> = {
  'no-permission': 'there is no permission to read it',
  'not-a-file': 'it is not a file',
  'link-loop': 'it is a link that leads to itself',
  outside: 'it is a link to a place that may not be read',
  'too-large': 'it is larger than any source file',
  failed: 'reading it failed',
};

export const fileUnreadable = defineRule<Data>({
  id: 'ZG115',
  name: 'file-unreadable',
  severity: 'warning',
  summary: 'a file that the platform reads could not be read here',
  docs: {
    why: `What can't be read can't be checked: the rules on it say nothing, and that does not mean that it is right. A
folder, a pipe or a link to itself under the name of a file is not what the platform expects either.`,
    instead: 'Make it a readable file, or remove it.',
    examples: [
      {
        title: 'Fails: files of the Space, with a folder in the place of a file',
        language: 'text',
        code: 'README.md\napp.py\nrequirements.txt/',
      },
      {
        title: 'Passes: files of the Space',
        language: 'text',
        code: 'README.md\napp.py\nrequirements.txt',
      },
    ],
    evidence: 'A rule of this tool.',
  },
  *check({ space }) {
    for (const { file, reason, sizeBytes } of space.unreadable) {
      const megabytes = Math.round(sizeBytes / 1_000_000);
      yield { file, range: null, data: { reason, megabytes } };
    }
  },
  words({ reason, megabytes }) {
    const why = REASONS[reason] ?? reason;
    const size = reason === 'too-large' ? ` (${megabytes} MB)` : '';
    return { message: `not checked: ${why}${size}` };
  },
});
