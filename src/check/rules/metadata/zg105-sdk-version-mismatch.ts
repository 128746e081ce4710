import { defineRule } from '../../rule.js';
import { admits, isBelow, isVersion } from '../../versions.js';
import { installed } from '../dependencies/entries.js';
import { withoutVersion } from '../dependencies/platform-packages.js';
import { isGradio, textOf } from './fields.js';

type Data = { readonly version: string; readonly specifier: string };

export const sdkVersionMismatch = defineRule<Data>({
  id: 'ZG105',
  name: 'sdk-version-mismatch',
  severity: 'warning',
  summary: 'requirements.txt asks for another Gradio than sdk_version',
  docs: {
    why: `The platform installs the Gradio of \`sdk_version\` together with requirements.txt. When the two exclude each
other, pip ends with "Cannot install gradio==A and gradio==B because these package versions have conflicting
dependencies", or, on builders that install one after the other, one of them silently replaces the other.`,
    instead:
      'Say it once: in `sdk_version`. Leave gradio out of requirements.txt, or list it without a version.',
    notFound: 'A range that admits the version of the front matter, such as `gradio>=4`.',
    examples: [
      { title: 'Fails', language: 'text', code: 'gradio==4.44.1' },
      { title: 'Passes', language: 'text', code: 'gradio' },
      { title: 'README.md', language: 'yaml', code: 'sdk_version: 5.49.1' },
      { title: 'requirements.txt', language: 'text', code: 'torch==2.8.0\ntransformers' },
    ],
    evidence: 'Build logs of public Spaces, 2026.',
  },
  *check(context) {
    const { space, profile } = context;
    const version = textOf(space, 'sdk_version');
    if (version === null || !isVersion(version) || !isGradio(space, profile)) return;
    for (const entry of installed(context, 'gradio')) {
      if (entry.specifier === '' || entry.problem || admits(entry.specifier, version)) continue;
      if (isBelow(entry.specifier, profile.versions.gradioMinimum)) continue;
      const { file, requirementRange: range, specifier } = entry;
      const fix = withoutVersion(context, entry);
      yield { file, range, data: { version, specifier }, ...(fix && { fix }) };
    }
  },
  words({ version, specifier }) {
    return {
      message: `gradio${specifier} excludes the sdk_version ${version} of README.md`,
      help: 'gradio   (sdk_version decides)',
    };
  },
});
