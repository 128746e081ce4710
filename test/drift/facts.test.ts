import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const ROOT = resolve(import.meta.dirname, '../..');
const { facts } = z
  .strictObject({
    facts: z.array(
      z.strictObject({
        what: z.string().min(5),
        file: z.string().regex(/^(spaces|gradio)\//),
        find: z.record(z.string(), z.unknown()),
        usedIn: z.string(),
        releases: z
          .string()
          .regex(/^(<|>=)[\d.]+(,(<|>=)[\d.]+)?$/)
          .optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'facts.json'), 'utf8')));

describe('facts.json', () => {
  it('names for each fact the place in our code that relies on it, as it is today', () => {
    const stale = facts.filter(({ usedIn }) => {
      const [file = '', ...words] = usedIn.split(': ');
      return !readFileSync(join(ROOT, file), 'utf8').includes(words.join(': '));
    });
    expect(stale).toEqual([]);
  });
});
