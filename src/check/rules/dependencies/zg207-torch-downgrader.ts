import facts from '../../data/package-facts.json' with { type: 'json' };
import { defineRule, type RuleContext } from '../../rule.js';
import { admits, isAbove, isVersion, pinOf } from '../../versions.js';
import { installed } from './entries.js';
import { specifierOf } from './torch-candidates.js';

type Data = {
  readonly project: string;
  readonly torch: string;
  /** The torch that the Space pins, where the project excludes it. */
  readonly pinned: string | null;
};

/** Releases that ask for an old torch by their metadata. */
const PROJECTS = facts.asksForTorch;

export const torchDowngrader = defineRule<Data>({
  id: 'ZG207',
  name: 'torch-downgrader',
  severity: 'error',
  summary: 'a package drags torch down to a version that the platform does not have',
  docs: {
    why: `Some packages ask for an old PyTorch in their metadata, and pip obeys: it replaces the preinstalled one. The app
then ends at \`import spaces\` with "cannot import name 'is_traceable_wrapper_subclass'", or the platform refuses
the version. Beside another pinned torch pip finds no way to install both.`,
    instead: 'Take a release that does not, or copy the needed modules into the Space.',
    notFound:
      'Packages that are not on PyPI, and forks named by a URL: their metadata is not known here.',
    examples: [
      { title: 'Fails', language: 'text', code: 'audiocraft==1.3.0' },
      {
        title: 'Passes: without its requirements, in a file of the Space',
        language: 'text',
        code: 'transformers  # MusicGen is in it',
      },
    ],
    evidence:
      'Hugging Face guidance for authors (list of known errors); metadata of the releases on PyPI.',
  },
  *check(context) {
    const listed = context.profile.versions.torch;
    for (const { name, version, torch } of PROJECTS) {
      const pinned = pinnedTorch(context);
      const isClash = pinned !== null && !admits(torch, pinned);
      if (!isClash && listed.some((version) => admits(torch, version))) continue;
      for (const entry of installed(context, name)) {
        const specifier = entry.url?.endsWith('.whl') ? specifierOf(entry) : entry.specifier;
        if ((entry.url !== null && !entry.url.endsWith('.whl')) || specifier === null) continue;
        // A newer release may ask for another torch.
        if (!admits(specifier, version) || isAbove(specifier, version)) continue;
        const { file, requirementRange: range } = entry;
        yield { file, range, data: { project: name, torch, pinned: isClash ? pinned : null } };
      }
    }
  },
  words({ project, torch, pinned }) {
    if (pinned !== null) {
      return {
        message: `${project} asks for torch${torch}, and the Space for torch ${pinned}; pip finds no way to install both`,
      };
    }
    return {
      message: `${project} asks for torch${torch}, and pip replaces the platform's torch by it`,
    };
  },
});

/** The release that requirements.txt pins, without its local version. */
function pinnedTorch(context: RuleContext): string | null {
  const pins = installed(context, 'torch').flatMap(({ specifier }) => pinOf(specifier) ?? []);
  const release = pins[0]?.split('+')[0] ?? '';
  return isVersion(release) ? release : null;
}
