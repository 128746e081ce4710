import { defineRule, type RuleContext } from '../../rule.js';
import { compareVersions } from '../../versions.js';
import { installed } from './entries.js';
import { COMPANIONS, choose } from './torch-candidates.js';

type Data = {
  readonly profile: string;
  readonly specifier: string;
  readonly isNewer: boolean;
  readonly supported: readonly string[];
  readonly nearest: string | null;
};

export const torchUnsupported = defineRule<Data>({
  id: 'ZG201',
  name: 'torch-unsupported',
  severity: 'error',
  summary: 'torch is pinned to a version that the platform does not have',
  docs: {
    why: `ZeroGPU works with the PyTorch releases that the platform lists, and with no other: 2.3.0 lies between two of
them and is refused all the same. The build ends with "torch version in requirements.txt is not compatible with
ZeroGPU", or for a range that leaves nothing to choose with "No candidate PyTorch version found for ZeroGPU".
A release that is newer than the whole list is a warning: the list may have grown since it was read.`,
    instead: 'Pin a version of the list, or leave torch out: it is preinstalled.',
    notFound:
      'Local versions count as their base: `torch==2.5.1+cu121` is 2.5.1. Ranges that admit a listed version are fine.',
    examples: [
      { title: 'Fails', language: 'text', code: 'torch==2.3.0' },
      { title: 'Passes', language: 'text', code: 'torch==2.8.0\ntorchvision==0.23.0' },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces ZeroGPU" (the list of record); configuration errors of public Spaces.',
  },
  *check(context) {
    const { profile } = context;
    const listed = profile.versions.torch;
    for (const entry of installed(context, 'torch')) {
      const choice = entry.problem ? null : choose(entry, listed);
      if (!choice || choice.candidates.length > 0) continue;
      const { specifier, pin, isNewer } = choice;
      const nearest = pin === null || isNewer ? null : nearestTo(pin, listed);
      const isSafe = nearest !== null && entry.specifierRange !== null && !hasCompanions(context);
      yield {
        file: entry.file,
        range: entry.requirementRange,
        ...(isNewer ? { severity: 'warning' as const } : {}),
        data: { profile: profile.name, specifier, isNewer, supported: listed, nearest },
        ...(isSafe && entry.specifierRange && entry.options.length === 0
          ? {
              fix: {
                edits: [{ file: entry.file, range: entry.specifierRange, newText: `==${nearest}` }],
              },
            }
          : {}),
      };
    }
  },
  words({ profile, specifier, isNewer, supported, nearest }) {
    const version = specifier.replace(/^={2,3}\s*/, '');
    const asked = specifier === version ? `torch${specifier}` : `torch ${version}`;
    const newest = supported.at(-1) ?? '';
    return {
      message: isNewer
        ? `${asked} is newer than what ${profile} is known to have`
        : `${asked} is not supported on ${profile}`,
      note: isNewer ? `known up to ${newest}` : `supported: ${supported.join(' ')}`,
      ...(nearest ? { help: `torch==${nearest}` } : {}),
    };
  },
});

/** The next one above, else the highest below. */
function nearestTo(pin: string, listed: readonly string[]): string | null {
  const sorted = [...listed].sort(compareVersions);
  return sorted.find((version) => compareVersions(version, pin) > 0) ?? sorted.at(-1) ?? null;
}

/** Another torch would need other versions of these as well. */
function hasCompanions(context: RuleContext): boolean {
  return COMPANIONS.some((name) => installed(context, name).length > 0);
}
