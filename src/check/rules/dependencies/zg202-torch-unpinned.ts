import { defineRule } from '../../rule.js';
import { installed } from './entries.js';
import { choose } from './torch-candidates.js';

type Data = { readonly specifier: string; readonly newest: string };

export const torchUnpinned = defineRule<Data>({
  id: 'ZG202',
  name: 'torch-unpinned',
  severity: 'info',
  summary: 'torch is listed without an exact version',
  docs: {
    why: `A build takes the newest PyTorch that the requirement admits on its day. A push that changes one line of text
may then run on another PyTorch than the one before, and on other kernels.`,
    instead: 'Pin a version of the list of the platform, or leave torch out: it is preinstalled.',
    notFound: 'No torch in requirements.txt at all.',
    examples: [
      { title: 'Fails', language: 'text', code: 'torch>=2.4' },
      { title: 'Passes', language: 'text', code: 'torch==2.8.0' },
    ],
    evidence: 'Hugging Face documentation, page "Spaces ZeroGPU".',
  },
  *check(context) {
    const listed = context.profile.versions.torch;
    for (const entry of installed(context, 'torch')) {
      if (entry.problem || entry.url !== null || entry.pin !== null) continue;
      const choice = choose(entry, listed);
      // A range with one version in it is as good as a pin; one with none is another rule's.
      if (choice && choice.candidates.length < 2) continue;
      const newest = choice?.candidates.at(-1) ?? listed.at(-1) ?? '';
      const { file, requirementRange: range, specifier } = entry;
      yield { file, range, data: { specifier, newest } };
    }
  },
  words({ specifier, newest }) {
    return {
      message: `torch${specifier} takes whatever is newest on the day of the build`,
      note: `today that is ${newest} at most`,
    };
  },
});
