/** What pip's requirements format knows of options. Abbreviations count, as pip's parser takes them. */

interface KnownOption {
  readonly names: readonly string[];
  readonly takesValue: boolean;
  /** Allowed after a requirement; the others are read there and do nothing. */
  readonly perRequirement?: boolean;
}

/** pip 26, reference "Requirements File Format"; `--install-option` left in 23.1. */
const KNOWN: readonly KnownOption[] = [
  { names: ['-i', '--index-url', '--pypi-url'], takesValue: true },
  { names: ['--extra-index-url'], takesValue: true },
  { names: ['--no-index'], takesValue: false },
  { names: ['-c', '--constraint'], takesValue: true },
  { names: ['-r', '--requirement'], takesValue: true },
  { names: ['-e', '--editable'], takesValue: true },
  { names: ['-f', '--find-links'], takesValue: true },
  { names: ['--no-binary'], takesValue: true },
  { names: ['--only-binary'], takesValue: true },
  { names: ['--prefer-binary'], takesValue: false },
  { names: ['--require-hashes'], takesValue: false },
  { names: ['--pre'], takesValue: false },
  { names: ['--all-releases'], takesValue: true },
  { names: ['--only-final'], takesValue: true },
  { names: ['--trusted-host'], takesValue: true },
  { names: ['--use-feature'], takesValue: true },
  { names: ['--global-option'], takesValue: true, perRequirement: true },
  { names: ['--hash'], takesValue: true, perRequirement: true },
  {
    names: ['-C', '--config-settings', '--config-setting'],
    takesValue: true,
    perRequirement: true,
  },
];

export interface ReadOption {
  /** The long name, or the short one where there is no other. */
  readonly name: string;
  readonly value: string | null;
  readonly perRequirement: boolean;
}

export interface ReadOptions {
  readonly options: readonly ReadOption[];
  /** Words between the options: pip drops them without a word. */
  readonly dropped: readonly string[];
  /** Why pip refuses the line; null when it does not. */
  readonly problem: string | null;
}

/** Splits a line as pip does: the requirement ends at the first word that begins with a dash. */
export function splitOptions(text: string): { requirement: string; options: string } {
  const match = /(?:^|(?<= ))-/.exec(text);
  if (!match) return { requirement: text, options: '' };
  return { requirement: text.slice(0, match.index).trimEnd(), options: text.slice(match.index) };
}

/** Reads the options of one line. */
export function readOptions(text: string): ReadOptions {
  const words = shellWords(text);
  const options: ReadOption[] = [];
  const dropped: string[] = [];
  const refuse = (problem: string): ReadOptions => ({ options, dropped, problem });
  if (words === null) return refuse('a quotation mark is not closed');
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      for (const rest of words.slice(at + 1)) dropped.push(rest);
      break;
    } else if (!word.startsWith('-') || word === '-') {
      dropped.push(word);
    } else {
      const isLong = word.startsWith('--');
      const equals = isLong ? word.indexOf('=') : -1;
      const written = isLong ? (equals < 0 ? word : word.slice(0, equals)) : word.slice(0, 2);
      const known = find(written);
      if (!known) return refuse(`pip has no option ${written} in a requirements file`);
      const attached = isLong
        ? equals < 0
          ? null
          : word.slice(equals + 1)
        : word.slice(2) || null;
      if (!known.takesValue && isLong && attached !== null) {
        return refuse(`${written} takes no value`);
      }
      const isApart = known.takesValue && attached === null;
      if (isApart) at += 1;
      const value = isApart ? (words[at] ?? null) : known.takesValue ? attached : null;
      if (known.takesValue && value === null) return refuse(`${written} needs a value`);
      const name = known.names.find((one) => one.startsWith('--')) ?? written;
      options.push({ name, value, perRequirement: known.perRequirement ?? false });
    }
  }
  return { options, dropped, problem: null };
}

function find(written: string): KnownOption | undefined {
  const exact = KNOWN.find(({ names }) => names.includes(written));
  if (exact || !written.startsWith('--')) return exact;
  const near = KNOWN.filter(({ names }) => names.some((name) => name.startsWith(written)));
  return near.length === 1 ? near[0] : undefined;
}

/** Words as a shell splits them; null when a quotation mark is not closed. */
function shellWords(text: string): readonly string[] | null {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s'"\\]+|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+)/gy;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    end = match.index + match[0].length;
    const word = match[1] ?? '';
    words.push(
      word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g, (_all, single, double, escaped) =>
        String(single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? ''),
      ),
    );
  }
  return text.slice(end).trim() === '' ? words : null;
}
