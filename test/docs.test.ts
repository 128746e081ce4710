import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderPlatformFacts } from './support/platform-facts.js';

const page = resolve(import.meta.dirname, '../docs/platform-facts.md');

describe('generated docs', () => {
  it('docs/platform-facts.md is what the profiles say', () => {
    const wanted = renderPlatformFacts();
    if (process.env['ZEROGPU_REWRITE']) writeFileSync(page, wanted);
    expect(readFileSync(page, 'utf8')).toBe(wanted);
  });
});
