import { defineRule } from '../../rule.js';

type Data = { readonly kind: 'include' | 'missing' | 'local'; readonly path: string };

export const fileNotAtBuild = defineRule<Data>({
  id: 'ZG221',
  name: 'file-not-at-build',
  severity: 'warning',
  summary: 'requirements.txt refers to a file that is not there when it is installed',
  docs: {
    why: `While requirements are installed, the builders of the platform see \`requirements.txt\` alone: it is mounted on its
own, and the other files of the Space are copied afterwards. A line \`-r more.txt\`, \`-e .\` or \`./wheels/x.whl\` then
ends with "Could not open requirements file" or "No such file or directory". An include that does not exist at
all is an error.`,
    instead: 'Put everything into requirements.txt; name wheels by URL.',
    examples: [
      { title: 'Fails', language: 'text', code: '-r requirements/base.txt' },
      { title: 'Passes', language: 'text', code: 'transformers==4.51.0' },
    ],
    evidence:
      'Build logs of public Spaces, 2024 to 2026: `--mount=target=/tmp/requirements.txt,source=requirements.txt`.',
  },
  *check({ space }) {
    for (const { file, range, path, exists } of space.requirements?.includes ?? []) {
      const kind = exists ? 'include' : 'missing';
      yield {
        file,
        range,
        data: { kind, path },
        ...(exists ? {} : { severity: 'error' as const }),
      };
    }
    for (const { file, range, text, isLocal, problem } of space.requirements?.entries ?? []) {
      if (isLocal && !problem) yield { file, range, data: { kind: 'local', path: text } };
    }
  },
  words({ kind, path }) {
    if (kind === 'missing') return { message: `there is no file ${path}` };
    return {
      message: `${path} is not there while the platform installs requirements.txt`,
      note: 'only requirements.txt itself is',
    };
  },
});
