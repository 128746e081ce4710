import { defineRule } from '../../rule.js';
import { isBelow } from '../../versions.js';
import { installed } from './entries.js';
import { OLDEST_KNOWN_SPACES, withoutVersion } from './platform-packages.js';

type Data = { readonly specifier: string };

export const spacesPinOld = defineRule<Data>({
  id: 'ZG209',
  name: 'spaces-pin-old',
  severity: 'warning',
  summary: 'the spaces package is held at a release older than the platform talks to',
  docs: {
    why: `\`spaces\` is the client of the platform's device API, and the platform installs the release that fits. An old
one that is forced by a pin talks an older protocol to a newer platform. (That the platform refuses it was not
verified.)`,
    instead: 'Leave `spaces` out, or list it without a version.',
    examples: [
      { title: 'Fails', language: 'text', code: 'spaces==0.19.0' },
      { title: 'Passes', language: 'text', code: 'spaces' },
    ],
    evidence: 'Seen in public Spaces; releases 0.30.4 and 0.51.3 of spaces were tried, none older.',
  },
  *check(context) {
    for (const entry of installed(context, 'spaces')) {
      if (!isBelow(entry.specifier, OLDEST_KNOWN_SPACES)) continue;
      const { file, requirementRange: range, specifier } = entry;
      const fix = withoutVersion(context, entry);
      yield { file, range, data: { specifier }, ...(fix && { fix }) };
    }
  },
  words({ specifier }) {
    return { message: `spaces${specifier} is an old client for a newer platform`, help: 'spaces' };
  },
});
