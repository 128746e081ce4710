import type { RequirementEntry } from '../../../space/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { admits, isBelow, isVersion, pinOf } from '../../versions.js';
import { readBlock, textOf } from '../metadata/fields.js';
import { installed } from './entries.js';
import {
  type Exporter,
  exporterOf,
  OLDEST_KNOWN_SPACES,
  withoutVersion,
} from './platform-packages.js';

type Data = {
  readonly name: string;
  readonly specifier: string;
  readonly isPinned: boolean;
  readonly exporter: Exporter;
};

/** What the platform installs by itself, in a version of its own choice. */
const PLATFORM_PACKAGES = ['spaces', 'gradio'] as const;

const FLAGS: Readonly<Record<Data['exporter'], string>> = {
  none: '',
  'uv export': 'uv export --no-emit-package gradio --no-emit-package spaces …',
  'uv pip compile': 'uv pip compile --no-emit-package gradio --no-emit-package spaces …',
  'pip-compile': 'pip-compile --unsafe-package gradio --unsafe-package spaces …',
};

export const platformPinned = defineRule<Data>({
  id: 'ZG204',
  name: 'platform-pinned',
  severity: 'warning',
  summary: 'requirements.txt pins a package that the platform installs itself',
  docs: {
    why: `The platform installs \`spaces\` and \`gradio\` in versions of its own: the first must match the device API of the
day, the second comes from \`sdk_version\`. A pin that says otherwise fails the resolution, or brings an old
client to a new platform.`,
    instead: 'List them without a version, or not at all.',
    notFound:
      'A name without a version. A `gradio` pin that equals `sdk_version`, and a range, are an info.',
    examples: [
      { title: 'Fails', language: 'text', code: 'spaces==0.30.4' },
      { title: 'Passes', language: 'text', code: 'spaces\ntorch==2.8.0' },
    ],
    evidence: 'Hugging Face guidance for authors; build logs of public Spaces, 2026.',
  },
  *check(context) {
    // Without front matter nothing says which Gradio is meant: that is one finding, and another rule's.
    if (readBlock(context.space) === null) return;
    const exporter = exporterOf(context);
    for (const name of PLATFORM_PACKAGES) {
      for (const entry of installed(context, name)) {
        if (entry.problem || entry.url !== null || isReportedElsewhere(context, entry)) continue;
        // A name alone asks for nothing that the platform does not do.
        if (entry.specifier === '') continue;
        const isPinned = pinOf(entry.specifier) !== null && !equalsSdkVersion(context, entry);
        const fix = isPinned ? withoutVersion(context, entry) : undefined;
        yield {
          file: entry.file,
          range: entry.requirementRange,
          ...(isPinned ? {} : { severity: 'info' as const }),
          data: { name, specifier: entry.specifier, isPinned, exporter },
          ...(fix && { fix }),
        };
      }
    }
  },
  words({ name, specifier, isPinned, exporter }) {
    const flag = FLAGS[exporter];
    if (!isPinned) {
      const decides = name === 'gradio' ? ' in the version of sdk_version' : '';
      return {
        message: `${name}${specifier} need not be listed: the platform installs it${decides}`,
      };
    }
    return {
      message: `the platform installs ${name} in a version of its own; this asks for ${specifier}`,
      help: flag === '' ? name : `leave it out of the export: ${flag}`,
    };
  },
});

function equalsSdkVersion({ space }: RuleContext, { name, specifier }: RequirementEntry): boolean {
  return name === 'gradio' && pinOf(specifier) === textOf(space, 'sdk_version');
}

/** By the rule on versions that are too old, or that exclude the front matter's: once is enough. */
function isReportedElsewhere({ space, profile }: RuleContext, entry: RequirementEntry): boolean {
  const { name, specifier } = entry;
  if (name === 'spaces') return isBelow(specifier, OLDEST_KNOWN_SPACES);
  const version = textOf(space, 'sdk_version');
  const excludes = version !== null && isVersion(version) && !admits(specifier, version);
  return excludes || isBelow(specifier, profile.versions.gradioMinimum);
}
