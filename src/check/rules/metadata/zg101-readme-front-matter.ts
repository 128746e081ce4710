import { defineRule } from '../../rule.js';

type Data = { readonly problem: 'no-readme' | 'no-block' | 'unclosed' | 'broken'; reason: string };

/** One finding however much is missing: rules on single fields say nothing without a block. */
export const readmeFrontMatter = defineRule<Data>({
  id: 'ZG101',
  name: 'readme-front-matter',
  severity: 'error',
  summary: 'README.md has no front matter that can be read',
  docs: {
    why: `The front matter, the YAML block at the top of README.md, is the configuration of a Space: its SDK, the
version of it, the file to start. Without it, or when it is not YAML, the Space is in "Configuration error" and
nothing is built.`,
    instead:
      'Begin README.md with a block of `key: value` lines between two lines of three dashes.',
    notFound: 'A byte order mark, Windows line ends and blank lines before the block are fine.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'title: My Space\nsdk: gradio' },
      {
        title: 'Passes',
        language: 'yaml',
        code: '---\ntitle: My Space\nsdk: gradio\nsdk_version: 5.49.1\napp_file: app.py\n---',
      },
    ],
    evidence: 'Spaces configuration reference of Hugging Face; seen in public Spaces.',
  },
  *check({ space }) {
    const file = 'README.md';
    if (space.unreadable.some((one) => one.file === file)) return;
    const frontMatter = space.readme?.frontMatter;
    if (!frontMatter) {
      yield { file, range: null, data: { problem: 'no-readme', reason: '' } };
    } else if (frontMatter.state === 'absent') {
      const problem = frontMatter.isUnclosed ? 'unclosed' : 'no-block';
      const range = { line: 1, column: 1, endLine: 1, endColumn: 1 };
      yield { file, range, data: { problem, reason: '' } };
    } else if (frontMatter.state === 'broken') {
      const { line, range, reason } = frontMatter;
      const place = range ?? { line, column: 1, endLine: line, endColumn: 1 };
      yield { file, range: place, data: { problem: 'broken', reason } };
    }
  },
  words({ problem, reason }) {
    switch (problem) {
      case 'no-readme':
        return {
          message: 'there is no README.md, so the Space has no configuration',
          help: 'create README.md with a block of --- lines that names sdk, sdk_version and app_file',
        };
      case 'no-block':
        return {
          message: 'README.md has no front matter, so the Space has no configuration',
          help: 'begin it with a block of --- lines that names sdk, sdk_version and app_file',
        };
      case 'unclosed':
        return {
          message: 'the front matter has no closing line of dashes',
          help: 'write --- on a line of its own after the last key',
        };
      case 'broken':
        return { message: "the front matter can't be read", note: reason };
    }
  },
});
