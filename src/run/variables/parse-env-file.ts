/** The lines of a .env file. Node reads each value; what Node passes over in silence is an error here. Pure. */
import { parseEnv } from 'node:util';
import { UserError } from '../../shared/errors.js';

const ENTRY = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/s;
const QUOTES = ['"', "'", '`'];
/** What may stand after a value: a comment. */
const REST = /^\s*(?:#.*)?$/s;

/**
 * Reads `NAME=value` lines: quotes, values of several lines, comments and `export`, as Node's `parseEnv`
 * reads them. `$NAME` is not replaced. The last line of a name counts.
 *
 * @param file as the user named it, for errors
 * @throws UserError E_USAGE with the number of the line; never with what is written there, which may be a secret
 */
export function parseEnvFile(text: string, file: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const lines = text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (REST.test(line)) continue;
    const fail = (why: string) => unreadableLine(file, at + 1, why);
    const [, name, value = ''] = ENTRY.exec(line) ?? [];
    if (name === undefined) throw fail(reasonOf(line));
    const { entry, lineCount } = wholeValue(lines, at, value.trimStart(), fail);
    // One entry at a time: some releases of Node take an empty value's next line for it.
    const read = entry === '' ? '' : (parseEnv(`V=${entry}`)['V'] ?? '');
    if (read.includes('\0')) throw fail('A variable of a process cannot hold a NUL byte.');
    variables.set(name, read);
    at += lineCount - 1;
  }
  return variables;
}

function reasonOf(line: string): string {
  if (!line.includes('=')) return 'It has no = between a name and a value.';
  return 'A name has letters, digits and _, and does not begin with a digit.';
}

/** The text of a value from its first character on, and how many lines it takes. */
function wholeValue(
  lines: readonly string[],
  at: number,
  first: string,
  fail: (why: string) => UserError,
): { readonly entry: string; readonly lineCount: number } {
  const quote = QUOTES.find((one) => first.startsWith(one));
  if (quote === undefined) {
    if (/[^\s#]#/.test(first.replace(/\s#.*$/, ''))) {
      throw fail('A value with # in it needs quotes: without, it would end there.');
    }
    return { entry: REST.test(first) ? '' : first, lineCount: 1 };
  }
  const rest = [first, ...lines.slice(at + 1)].join('\n');
  const end = rest.indexOf(quote, 1);
  if (end < 0) throw fail(`The quote ${quote} at the start of its value is not closed.`);
  const entry = rest.slice(0, end + 1);
  const lineCount = entry.split('\n').length;
  const after = rest.slice(end + 1).split('\n', 1)[0] ?? '';
  if (!REST.test(after)) throw fail(`Text follows the closing quote ${quote} of its value.`);
  return { entry, lineCount };
}

function unreadableLine(file: string, line: number, why: string): UserError {
  return new UserError('E_USAGE', `--env-file ${file}, line ${line} can't be read`, {
    why,
    fix: `write line ${line} as NAME=value, or NAME="value"`,
  });
}
