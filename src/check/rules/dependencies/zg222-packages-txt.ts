import { defineRule } from '../../rule.js';

type Data = { readonly kind: 'comment' | 'version' };

export const packagesTxt = defineRule<Data>({
  id: 'ZG222',
  name: 'packages-txt',
  severity: 'warning',
  summary: 'packages.txt has more in it than names of Debian packages',
  docs: {
    why: `Every word of packages.txt is given to \`apt-get install\`. It knows no comments: \`# for video\` asks for packages
named \`#\`, \`for\` and \`video\`, and the build ends with "Unable to locate package". A pip requirement has no place in
it either.`,
    instead: 'One name of a Debian package a line, and nothing else.',
    examples: [
      { title: 'Fails', language: 'text', code: 'ffmpeg\nlibsndfile1==1.2' },
      { title: 'Passes', language: 'text', code: 'ffmpeg\nlibsndfile1' },
    ],
    evidence: 'Builder templates of Hugging Face: `xargs -r -a packages.txt apt-get install -y`.',
  },
  *check({ space }) {
    const lines = space.packagesTxt?.lines ?? [];
    for (const [index, line] of lines.entries()) {
      const kind = /(^|\s)#/.test(line) ? 'comment' : /[=<>~]=/.test(line) ? 'version' : null;
      if (kind === null) continue;
      const column = line.length - line.trimStart().length + 1;
      const at = {
        line: index + 1,
        column,
        endLine: index + 1,
        endColumn: line.trimEnd().length + 1,
      };
      yield { file: 'packages.txt', range: at, data: { kind } };
    }
  },
  words({ kind }) {
    return kind === 'comment'
      ? { message: 'packages.txt knows no comments: apt-get takes each word for a package' }
      : { message: 'this is a requirement of pip; packages.txt lists Debian packages' };
  },
});
