import { frontMatterField } from '../../../space/index.js';
import { defineRule } from '../../rule.js';
import { fieldRange, replaceValue } from './fields.js';

type Data = { readonly key: string; readonly text: string; readonly read: string };

/** Versions that authors write as two numbers with a dot, which YAML takes for one number. */
const KEYS = ['python_version', 'sdk_version'] as const;

export const versionUnquoted = defineRule<Data>({
  id: 'ZG107',
  name: 'version-unquoted',
  severity: 'warning',
  summary: 'a version without quotes is a number to YAML, and loses its last zero',
  docs: {
    why: `YAML reads \`python_version: 3.10\` as the number 3.1. Whether the Space then gets Python 3.10, 3.1 or an error
depends on who reads it. A version such as \`3.12\` happens to survive, and is an info; a version with two dots
is text anyway.`,
    instead: 'Put the version in quotes.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'python_version: 3.10' },
      { title: 'Passes', language: 'yaml', code: 'python_version: "3.10"' },
    ],
    evidence: 'YAML 1.2, core schema; seen in public Spaces.',
  },
  *check({ space }) {
    for (const key of KEYS) {
      const field = frontMatterField(space, key);
      if (!field || field.isQuoted || typeof field.value !== 'number' || !field.text) continue;
      const text = field.text.trim();
      if (!/^\d+\.\d+$/.test(text)) continue;
      const read = String(field.value);
      const fix = replaceValue(field, `"${text}"`);
      yield {
        file: 'README.md',
        range: fieldRange(field),
        data: { key, text, read },
        ...(text === read ? { severity: 'info' as const } : {}),
        ...(fix && { fix }),
      };
    }
  },
  words({ key, text, read }) {
    const message =
      text === read
        ? `${key} is a number here; it is meant as text`
        : `${key} is the number ${read} to YAML, not ${text}`;
    return { message, help: `${key}: "${text}"` };
  },
});
