import type { RequirementEntry } from '../../../space/index.js';
import { defineRule } from '../../rule.js';
import { admits, pinOf } from '../../versions.js';
import { installed } from './entries.js';

type Data = {
  readonly name: string;
  readonly first: string;
  readonly firstLine: number;
  readonly firstFile: string;
  readonly second: string;
  readonly isConflict: boolean;
};

export const duplicateRequirement = defineRule<Data>({
  id: 'ZG217',
  name: 'duplicate-requirement',
  severity: 'warning',
  summary: 'a project is listed twice with different versions',
  docs: {
    why: `pip takes both lines together. When no version fits both it ends with "ResolutionImpossible", which is an error
here; otherwise the stricter one counts and the other misleads.`,
    instead: 'Keep one line.',
    notFound:
      'The same requirement twice, and lines whose markers exclude each other on the platform.',
    examples: [
      { title: 'Fails', language: 'text', code: 'transformers==4.49.0\ntransformers==4.51.0' },
      { title: 'Passes', language: 'text', code: 'transformers==4.51.0' },
    ],
    evidence: 'pip 26.3; seen in public Spaces.',
  },
  *check(context) {
    const byName = new Map<string, RequirementEntry>();
    for (const entry of installed(context)) {
      if (entry.name === null || entry.problem) continue;
      const first = byName.get(entry.name);
      if (!first) {
        byName.set(entry.name, entry);
        continue;
      }
      if (wanted(first) === wanted(entry)) continue;
      const isConflict = conflict(first, entry);
      // A line without a version adds nothing, and takes nothing away.
      if (!isConflict && (wanted(first) === '' || wanted(entry) === '')) continue;
      yield {
        file: entry.file,
        range: entry.requirementRange,
        ...(isConflict ? { severity: 'error' as const } : {}),
        data: {
          name: entry.name,
          first: wanted(first),
          firstLine: first.line,
          firstFile: first.file,
          second: wanted(entry),
          isConflict,
        },
      };
    }
  },
  words({ name, first, firstLine, firstFile, second, isConflict }) {
    const message = isConflict
      ? `${name} ${second} and ${first} exclude each other`
      : `${name} is listed twice, with ${first} and ${second}`;
    return { message, note: `the other one is in line ${firstLine} of ${firstFile}` };
  },
});

function wanted({ specifier, url }: RequirementEntry): string {
  return (url ?? specifier).replaceAll(/\s+/g, '');
}

function conflict(a: RequirementEntry, b: RequirementEntry): boolean {
  if (a.url !== null || b.url !== null) return false;
  const [pinA, pinB] = [pinOf(a.specifier), pinOf(b.specifier)];
  if (pinA !== null) return !admits(b.specifier, pinA);
  return pinB !== null && !admits(a.specifier, pinB);
}
