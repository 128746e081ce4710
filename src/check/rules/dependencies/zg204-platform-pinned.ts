import type { RequirementEntry } from '../../../space/index.js';
import { defineRule, type Fix, type RuleContext } from '../../rule.js';
import { pinOf } from '../../versions.js';
import { textOf } from '../metadata/fields.js';
import { installed } from './entries.js';

type Data = {
  readonly name: string;
  readonly specifier: string;
  readonly isPinned: boolean;
  readonly exporter: 'none' | 'uv export' | 'uv pip compile' | 'pip-compile';
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
    notFound: 'A `gradio` pin that equals `sdk_version`, and a range, are an info.',
    examples: [{ title: 'Right', language: 'text', code: 'spaces\ntorch==2.8.0' }],
    evidence: 'Hugging Face guidance for authors; build logs of public Spaces, 2026.',
  },
  *check(context) {
    const exporter = exporterOf(context);
    for (const name of PLATFORM_PACKAGES) {
      for (const entry of installed(context, name)) {
        if (entry.problem || entry.url !== null) continue;
        const isPinned = pinOf(entry.specifier) !== null && !equalsSdkVersion(context, entry);
        const fix = isPinned && exporter === 'none' ? withoutVersion(entry) : undefined;
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

function withoutVersion({
  file,
  specifierRange,
  options,
  specifier,
}: RequirementEntry): Fix | undefined {
  // With hashes, a requirement without version is refused.
  if (!specifierRange || options.length > 0 || specifier === '') return undefined;
  return { edits: [{ file, range: specifierRange, newText: '' }] };
}

/** Tools say in the head of the file that they have written it. */
function exporterOf({ space }: RuleContext): Data['exporter'] {
  const source = space.requirements?.sources.get(space.requirements.file);
  const head = source?.lines.slice(0, 8).join('\n') ?? '';
  if (/\buv export\b/.test(head)) return 'uv export';
  if (/\buv pip compile\b/.test(head)) return 'uv pip compile';
  return /\bpip-compile\b/.test(head) ? 'pip-compile' : 'none';
}
