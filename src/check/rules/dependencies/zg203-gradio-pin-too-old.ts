import { defineRule } from '../../rule.js';
import { isBelow } from '../../versions.js';
import { installed } from './entries.js';
import { withoutVersion } from './platform-packages.js';

type Data = { readonly specifier: string; readonly minimum: string };

export const gradioPinTooOld = defineRule<Data>({
  id: 'ZG203',
  name: 'gradio-pin-too-old',
  severity: 'error',
  summary: 'requirements.txt asks for a Gradio that is too old for ZeroGPU',
  docs: {
    why: 'ZeroGPU works with Gradio 4 and newer. A requirement that admits only older ones fails the build, or replaces the Gradio of `sdk_version` by one that gets no GPU.',
    instead: 'Leave gradio out of requirements.txt; `sdk_version` decides.',
    examples: [
      { title: 'Fails', language: 'text', code: 'gradio==3.50.2' },
      { title: 'Passes', language: 'text', code: 'gradio' },
    ],
    evidence: 'Hugging Face documentation, page "Spaces ZeroGPU"; seen in public Spaces.',
  },
  *check(context) {
    const minimum = context.profile.versions.gradioMinimum;
    for (const entry of installed(context, 'gradio')) {
      if (entry.problem || !isBelow(entry.specifier, minimum)) continue;
      const { file, requirementRange: range, specifier } = entry;
      const fix = withoutVersion(context, entry);
      yield { file, range, data: { specifier, minimum }, ...(fix && { fix }) };
    }
  },
  words({ specifier, minimum }) {
    return {
      message: `gradio${specifier} is too old for ZeroGPU`,
      note: `Gradio ${minimum.replace(/(?:\.0)+$/, '')} or newer`,
      help: 'gradio   (sdk_version decides)',
    };
  },
});
