import { defineRule } from '../../rule.js';

type Data = { readonly kind: 'option' | 'words'; readonly what: string };

export const optionIgnored = defineRule<Data>({
  id: 'ZG219',
  name: 'option-ignored',
  severity: 'warning',
  summary: 'pip drops a part of a line without a word',
  docs: {
    why: `An option such as \`--index-url\` counts only on a line of its own. After a requirement pip reads it and does
nothing; and words after an option (\`- torch\`, \`-f URL torch\`) are dropped, so that nothing is installed.`,
    instead: 'Give the option a line of its own.',
    examples: [
      {
        title: 'Fails',
        language: 'text',
        code: 'torch==2.8.0 --extra-index-url https://download.pytorch.org/whl/cu128',
      },
      {
        title: 'Passes',
        language: 'text',
        code: '--extra-index-url https://download.pytorch.org/whl/cu128\ntorch==2.8.0',
      },
    ],
    evidence: 'pip 26.3: every form was given to its parser.',
  },
  *check({ space }) {
    for (const { file, range, dropped, problem } of space.requirements?.options ?? []) {
      if (problem || dropped.length === 0) continue;
      yield { file, range, data: { kind: 'words', what: dropped.join(' ') } };
    }
    for (const { file, range, options, problem, isEditable } of space.requirements?.entries ?? []) {
      const idle = options.filter((one) => !one.perRequirement && one.name !== '--editable');
      if (problem || isEditable || idle.length === 0) continue;
      yield { file, range, data: { kind: 'option', what: idle.map(({ name }) => name).join(' ') } };
    }
  },
  words({ kind, what }) {
    return kind === 'option'
      ? { message: `${what} does nothing after a requirement`, help: 'give it a line of its own' }
      : {
          message: `pip drops "${what}" here: nothing is installed for it`,
          help: 'give it a line of its own',
        };
  },
});
