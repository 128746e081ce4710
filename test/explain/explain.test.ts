import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { rules } from '../../src/check/rules/index.js';
import { explain } from '../../src/explain/index.js';
import { ERROR_CODES, UserError } from '../../src/shared/errors.js';

function told(words: readonly string[], options: { json?: boolean } = {}) {
  const stdout = new PassThrough();
  const code = explain(words, options, { stdout });
  expect(code).toBe(0);
  return String(stdout.read());
}

describe('zerogpu explain', () => {
  it('tells what the page of the rule tells', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/rules/ZG201.md'), 'utf8');
    const told201 = told(['ZG201']);
    expect(page.endsWith(`\n\n${told201}`)).toBe(true);
    expect(told(['zg201'])).toBe(told201);
    expect(told(['torch-unsupported'])).toBe(told201);
  });

  it('tells error codes as docs/errors.md does', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/errors.md'), 'utf8');
    for (const code of Object.keys(ERROR_CODES)) expect(page).toContain(told([code]));
  });

  it('lists all without a word', () => {
    const list = told([]);
    for (const name of [...rules.map(({ id }) => id), ...Object.keys(ERROR_CODES)]) {
      expect(list).toMatch(new RegExp(`^${name} `, 'm'));
    }
  });

  it('tells programs', () => {
    const { version, topics } = JSON.parse(told(['ZG201', 'E_USAGE'], { json: true }));
    expect(version).toBe(1);
    expect(topics).toMatchObject([
      { kind: 'rule', id: 'ZG201', name: 'torch-unsupported', severity: 'error' },
      { kind: 'error', id: 'E_USAGE' },
    ]);
    expect(JSON.parse(told([], { json: true })).topics).toHaveLength(
      rules.length + Object.keys(ERROR_CODES).length,
    );
  });

  it.each([
    ['torch-unsuported', 'Did you mean torch-unsupported?'],
    ['E_PORT', 'Did you mean E_PORT_TAKEN?'],
  ])('knows what %s means', (word, why) => {
    try {
      told([word]);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({ code: 'E_CHECK_RULE_UNKNOWN', why, exitCode: 2 });
    }
  });
});
