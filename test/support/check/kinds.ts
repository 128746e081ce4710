/** A small Space with what `check` has to find in it. */
export interface Kind {
  readonly name: string;
  readonly platform: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** `app.py:3 error ZG303`. */
  readonly expected: readonly string[];
}

/** What a Space has unless its page says otherwise. */
const USUAL = {
  'README.md': '---\ntitle: Demo\nsdk: gradio\nsdk_version: 6.31.0\n---\n',
  'requirements.txt': 'torch==2.8.0\n',
};

/** `net = torch.compile(net)  #! error ZG305` is expected in that line; the words are not part of the file. */
const MARK = /[ \t]*#! (\w+ ZG\d+)/g;

/**
 * Reads a page: `=== name`, `> finding` and `platform NAME` lines, then `--- file` with its text, in which `#!` marks
 * what is expected in a line.
 */
export function readKinds(page: string): readonly Kind[] {
  return page
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const [head = '', ...rest] = part.split(/^--- (?=\S+\n)/m);
      const [name = '', ...lines] = head.trim().split('\n');
      const texts = rest.map((file): [string, string] => {
        const end = file.indexOf('\n');
        return [file.slice(0, end), file.slice(end + 1)];
      });
      const marked = texts.flatMap(([file, text]) =>
        text
          .split('\n')
          .flatMap((line, index) =>
            [...line.matchAll(MARK)].map(([, what]) => `${file}:${index + 1} ${what}`),
          ),
      );
      const plain = texts.map(([file, text]): [string, string] => [
        file,
        text.replaceAll(MARK, ''),
      ]);
      const platform = lines.find((line) => line.startsWith('platform '))?.slice(9) ?? 'h200';
      const files = Object.entries({ ...USUAL, ...Object.fromEntries(plain) });
      return {
        name,
        platform,
        files: Object.fromEntries(files.map(([file, text]) => [file, Buffer.from(text)])),
        expected: [
          ...marked,
          ...lines.filter((line) => line.startsWith('> ')).map((line) => line.slice(2)),
        ],
      };
    });
}
