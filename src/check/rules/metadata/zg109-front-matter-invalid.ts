import { didYouMean } from '../../../shared/did-you-mean.js';
import type { FrontMatterField } from '../../../space/index.js';
import { defineRule, type Fix, type Found } from '../../rule.js';
import { fieldRange, readBlock, replaceValue } from './fields.js';
import { COLOURS, KNOWN_KEYS, LIST_KEYS, LONGEST_DESCRIPTION, TEXT_KEYS } from './known-keys.js';

type Data = {
  readonly problem: 'too-long' | 'colour' | 'not-text' | 'not-a-list' | 'unknown-key';
  readonly key: string;
  readonly value: string;
  readonly near: string | null;
};

export const frontMatterInvalid = defineRule<Data>({
  id: 'ZG109',
  name: 'front-matter-invalid',
  severity: 'error',
  summary: 'the Hub refuses a value of the front matter',
  docs: {
    why: `The Hub validates the front matter when it is pushed and answers "400 Bad Request" from its validate-yaml
service: a \`short_description\` of more than 60 characters, a \`colorFrom\` or \`colorTo\` that is not one of its
eight colours, a list where text belongs. A key that it does not know is kept and does nothing (an info).`,
    instead: 'Write a value that the configuration reference of Spaces lists.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'colorFrom: orange\ncolorTo: teal' },
      {
        title: 'Passes',
        language: 'yaml',
        code: 'colorFrom: blue\ncolorTo: indigo\nshort_description: Pictures from text, in four steps',
      },
    ],
    evidence:
      'Hugging Face guidance for authors (list of known errors): "400 Bad Request from /api/validate-yaml"; Spaces configuration reference.',
  },
  *check({ space }) {
    const fields = readBlock(space)?.fields ?? new Map<string, FrontMatterField>();
    for (const [key, field] of fields) {
      const found = problemOf(key, field, fields);
      if (found) yield found;
    }
  },
  words({ problem, key, value, near }) {
    switch (problem) {
      case 'too-long':
        return {
          message: `short_description has ${value} characters`,
          note: `the Hub takes ${LONGEST_DESCRIPTION} at most`,
        };
      case 'colour':
        return { message: `${key} is "${value}"`, note: `one of: ${COLOURS.join(', ')}` };
      case 'not-text':
        return { message: `${key} is to be text, and is a list or a table` };
      case 'not-a-list':
        return { message: `${key} is to be a list`, note: `write: [${value}]` };
      case 'unknown-key':
        return {
          message: `the Hub knows no key "${key}"`,
          ...(near ? { note: `did you mean ${near}?` } : {}),
        };
    }
  },
});

const plain = (key: string) => key.toLowerCase().replaceAll(/[^a-z]/g, '');

/** `sdkVersion`, `sdk-version`: a known key that is written in another way. */
function sameKey(key: string): string | undefined {
  return KNOWN_KEYS.find((known) => plain(known) === plain(key));
}

function meantKey(key: string): string | undefined {
  return sameKey(key) ?? didYouMean(key, KNOWN_KEYS);
}

const withFix = (fix: Fix | undefined) => (fix ? { fix } : {});

/** What is right whatever was meant: another way to write the value that is there. */
function fixOf(problem: Data['problem'], field: FrontMatterField): Fix | undefined {
  const written = String(field.value);
  if (problem === 'not-a-list') {
    return /^[\w./-]+$/.test(written) ? replaceValue(field, `[${field.text}]`) : undefined;
  }
  if (problem !== 'colour') return undefined;
  const lower = written.trim().toLowerCase();
  const same = lower === 'grey' ? 'gray' : lower;
  if (COLOURS.includes(same)) return replaceValue(field, same);
  const near = didYouMean(written, COLOURS);
  const fix = near === undefined ? undefined : replaceValue(field, near);
  return fix && { ...fix, safety: 'unsafe' };
}

/** The key as the Hub writes it, where the block does not have that one too. */
function renamed(
  key: string,
  { keyRange }: FrontMatterField,
  fields: ReadonlyMap<string, FrontMatterField>,
): Fix | undefined {
  const newText = sameKey(key);
  if (newText === undefined || fields.has(newText)) return undefined;
  return { edits: [{ file: 'README.md', range: keyRange, newText }], safety: 'unsafe' };
}

function problemOf(
  key: string,
  field: FrontMatterField,
  fields: ReadonlyMap<string, FrontMatterField>,
): Found<Data> | null {
  const { value } = field;
  const at = (problem: Data['problem'], shown: string, severity?: 'warning' | 'info') => ({
    file: 'README.md',
    range: problem === 'unknown-key' ? field.keyRange : fieldRange(field),
    data: { problem, key, value: shown, near: meantKey(key) ?? null },
    ...(severity && { severity }),
    ...withFix(problem === 'unknown-key' ? renamed(key, field, fields) : fixOf(problem, field)),
  });
  if (!KNOWN_KEYS.includes(key)) return at('unknown-key', '', 'info');
  if (value === null || value === undefined) return null;
  if (TEXT_KEYS.has(key) && typeof value === 'object') return at('not-text', '');
  if (LIST_KEYS.has(key) && typeof value !== 'object') {
    return at('not-a-list', String(value), 'warning');
  }
  if (key === 'short_description') {
    const length = [...String(value)].length;
    return length > LONGEST_DESCRIPTION ? at('too-long', String(length)) : null;
  }
  const isColour = key === 'colorFrom' || key === 'colorTo';
  return isColour && !COLOURS.includes(String(value)) ? at('colour', String(value)) : null;
}
