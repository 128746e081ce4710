import { defineRule } from '../../rule.js';
import { gradioClientOf } from '../../tables/gradio-releases.js';
import { admits, clausesOf } from '../../versions.js';
import { constraining } from './entries.js';
import { gradioOf } from './gradio-release.js';

type Data = { readonly specifier: string; readonly gradio: string; readonly client: string };

export const gradioClientClash = defineRule<Data>({
  id: 'ZG225',
  name: 'gradio-client-clash',
  severity: 'error',
  summary: 'gradio_client is pinned to another release than the Gradio of the Space requires',
  docs: {
    why: 'A release of Gradio requires one exact release of gradio_client. Another one in requirements.txt leaves pip no way to install both: the build ends with "ResolutionImpossible".',
    instead: 'Leave gradio_client out: Gradio brings it.',
    notFound: 'Releases of Gradio that are not in the table, and ranges that admit the right one.',
    examples: [
      { title: 'Fails with sdk_version 5.49.1', language: 'text', code: 'gradio_client==1.3.0' },
      { title: 'Passes', language: 'text', code: 'gradio_client' },
    ],
    evidence: 'Metadata of the releases of gradio on PyPI (2026-11-29).',
  },
  *check(context) {
    const gradio = gradioOf(context);
    const client = gradio === null ? null : gradioClientOf(gradio);
    if (gradio === null || client === null) return;
    for (const entry of constraining(context, 'gradio-client')) {
      const { file, requirementRange: range, specifier, specifierRange, options, url } = entry;
      if (url !== null || entry.problem || clausesOf(specifier).length === 0) continue;
      if (admits(specifier, client)) continue;
      const isPlain = specifierRange !== null && options.length === 0;
      const edits = isPlain ? [{ file, range: specifierRange, newText: '' }] : [];
      const data = { specifier, gradio, client };
      yield { file, range, data, ...(isPlain ? { fix: { edits } } : {}) };
    }
  },
  words({ specifier, gradio, client }) {
    return {
      message: `gradio_client${specifier} cannot be installed beside Gradio ${gradio}`,
      note: `Gradio ${gradio} requires gradio_client==${client}`,
      help: 'gradio_client   (without a version)',
    };
  },
});
