import { defineRule } from '../../rule.js';
import { admits, isBelow } from '../../versions.js';
import { installed } from './entries.js';
import { specifierOf } from './torch-candidates.js';

type Data = { readonly project: string; readonly torch: string; readonly instead: string };

/** Releases that ask for an old torch by their metadata (PyPI, read 2026-11). */
const PROJECTS = [
  { name: 'demucs', before: '4.1', torch: '<2.1', instead: 'demucs>=4.1' },
  { name: 'audiocraft', before: '999', torch: '==2.1.0', instead: '' },
] as const;

export const torchDowngrader = defineRule<Data>({
  id: 'ZG207',
  name: 'torch-downgrader',
  severity: 'error',
  summary: 'a package drags torch down to a version that the platform does not have',
  docs: {
    why: `Some packages ask for an old PyTorch in their metadata, and pip obeys: it replaces the preinstalled one. The app
then ends at \`import spaces\` with "cannot import name 'is_traceable_wrapper_subclass'", or the platform refuses
the version.`,
    instead: 'Take a release that does not, or copy the needed modules into the Space.',
    notFound:
      'Packages that are not on PyPI, and forks named by a URL: their metadata is not known here.',
    examples: [{ title: 'demucs', language: 'text', code: 'demucs>=4.1' }],
    evidence:
      'Hugging Face guidance for authors (list of known errors); metadata of the releases on PyPI.',
  },
  *check(context) {
    const listed = context.profile.versions.torch;
    for (const { name, before, torch, instead } of PROJECTS) {
      if (listed.some((version) => admits(torch, version))) continue;
      for (const entry of installed(context, name)) {
        const specifier = entry.url?.endsWith('.whl') ? specifierOf(entry) : entry.specifier;
        if ((entry.url !== null && !entry.url.endsWith('.whl')) || specifier === null) continue;
        // Without a bound pip takes the newest release, which has mended it.
        if (instead !== '' && !isBelow(specifier, before)) continue;
        const { file, requirementRange: range } = entry;
        yield { file, range, data: { project: name, torch, instead } };
      }
    }
  },
  words({ project, torch, instead }) {
    return {
      message: `${project} asks for torch${torch}, and pip replaces the platform's torch by it`,
      ...(instead ? { help: instead } : {}),
    };
  },
});
