/** Texts in the code (messages, help, rule pages) in the words of docs/style.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NOT_OUR_WORDS } from './support/style-words.js';

const src = resolve(import.meta.dirname, '../src');
/** A text has a space in it; a name has none. */
const TEXT = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`]*`/g;

function textsOf(code: string): readonly string[] {
  const bare = code.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
  return [...bare.matchAll(TEXT)].map(([text]) => text).filter((text) => text.includes(' '));
}

describe('texts in the code', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.tsx?$/.test(path),
  );

  it('are found', () => {
    expect(textsOf("f('a b', `c d`) // 'x y'")).toEqual(["'a b'", '`c d`']);
    expect(files.length).toBeGreaterThan(300);
  });

  it('have none of the words that the guide replaces', () => {
    const found = files.flatMap((path) =>
      textsOf(readFileSync(join(src, path), 'utf8'))
        .filter((text) => NOT_OUR_WORDS.some((word) => word.test(text)))
        .map((text) => `${path}: ${text}`),
    );
    expect(found).toEqual([]);
  });
});

/** Lines that are comments and nothing else, of TypeScript, JavaScript and Python. */
const COMMENT = /^\s*(?:\*|\/\/|\/\*\*|#(?!!))/;

describe('comments', () => {
  const root = resolve(src, '..');
  const files = ['src', 'bin', 'bench', 'templates', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(?:tsx?|m?js|py)$/.test(path))
      .map((path) => join(folder, path)),
  );

  it('have none of the words that the guide replaces', () => {
    const found = files.flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .filter((line) => COMMENT.test(line) && NOT_OUR_WORDS.some((word) => word.test(line)))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });
});

/** What a test is called, where that is written down as one string. */
const TITLE =
  /\b(?:it|describe|test)(?:\.\w+)?\(\s*('(?:[^'\\\n]|\\.)*'|`[^`]*`)|\]\s*(?:as const)?\s*\)\(\s*('(?:[^'\\\n]|\\.)*')/g;

describe('the names of tests', () => {
  const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.test\.tsx?$/.test(path),
  );

  it('have none of the words that the guide replaces', () => {
    const titles = tests.flatMap((path) =>
      [...readFileSync(join(import.meta.dirname, path), 'utf8').matchAll(TITLE)].map(
        ([, plain, ofEach]) => `${path}: ${plain ?? ofEach}`,
      ),
    );
    expect(titles.length).toBeGreaterThan(1_000);
    const found = titles.filter((title) => NOT_OUR_WORDS.some((word) => word.test(title)));
    expect(found).toEqual([]);
  });
});
