import type { RequirementEntry } from '../../../space/index.js';
import type { Fix, RuleContext } from '../../rule.js';

/** The tool that has written requirements.txt, if one says so in its head. */
export type Exporter = 'none' | 'uv export' | 'uv pip compile' | 'pip-compile';

/** The oldest release of spaces whose device protocol was tried here; older ones talk differently. */
export const OLDEST_KNOWN_SPACES = '0.30';

/**
 * Drops the version of a package that the platform installs itself; none for a file that a tool writes,
 * and none with hashes, where a requirement without version is refused.
 */
export function withoutVersion(context: RuleContext, entry: RequirementEntry): Fix | undefined {
  const { file, specifierRange, options, specifier } = entry;
  if (exporterOf(context) !== 'none') return undefined;
  if (!specifierRange || options.length > 0 || specifier === '') return undefined;
  return { edits: [{ file, range: specifierRange, newText: '' }] };
}

export function exporterOf({ space }: RuleContext): Exporter {
  const source = space.requirements?.sources.get(space.requirements.file);
  const head = source?.lines.slice(0, 8).join('\n') ?? '';
  if (/\buv export\b/.test(head)) return 'uv export';
  if (/\buv pip compile\b/.test(head)) return 'uv pip compile';
  return /\bpip-compile\b/.test(head) ? 'pip-compile' : 'none';
}
