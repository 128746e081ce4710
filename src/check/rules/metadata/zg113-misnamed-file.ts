import { defineRule } from '../../rule.js';

type Data = { readonly found: string; readonly meant: string };

/** Files that the platform looks for, with what people write instead. */
const KNOWN: readonly (readonly [meant: string, pattern: RegExp])[] = [
  ['README.md', /^readme(\.md|\.markdown|\.txt)?$/],
  ['requirements.txt', /^requirements?(\.txt)?(\.txt)?$/],
  ['pre-requirements.txt', /^pre[-_]?requirements?\.txt$/],
  ['packages.txt', /^packages?\.txt$/],
];

export const misnamedFile = defineRule<Data>({
  id: 'ZG113',
  name: 'misnamed-file',
  severity: 'warning',
  summary: 'a file is named almost like one that the platform reads, and is ignored',
  docs: {
    why: `The platform reads \`README.md\`, \`requirements.txt\`, \`pre-requirements.txt\` and \`packages.txt\` at the top of the
repository, under exactly these names. \`requirement.txt\`, \`Requirements.txt\` or a name with a blank in front
is ignored without a word, and the packages in it are missing when the app starts.`,
    instead: 'Rename the file.',
    notFound: 'A second file beside the right one, such as `requirements-dev.txt`.',
    examples: [
      {
        title: 'Fails: files of the Space',
        language: 'text',
        code: 'README.md\napp.py\nrequirement.txt',
      },
      {
        title: 'Passes: files of the Space',
        language: 'text',
        code: 'README.md\napp.py\nrequirements.txt',
      },
    ],
    evidence: 'Seen in public Spaces.',
  },
  *check({ space }) {
    const top = space.listing.entries.filter(
      ({ path, kind }) => kind === 'file' && !path.includes('/'),
    );
    const names = new Set(top.map(({ path }) => path));
    for (const { path: found } of top) {
      const plain = found.trim().replaceAll(/\s+\./g, '.').toLowerCase();
      const meant = KNOWN.find(([, pattern]) => pattern.test(plain))?.[0];
      if (meant && found !== meant && !names.has(meant)) {
        yield { file: found, range: null, data: { found, meant } };
      }
    }
  },
  words({ found, meant }) {
    return {
      message: `"${found}" is not read: the platform looks for ${meant}`,
      help: `git mv "${found}" ${meant}`,
    };
  },
});
