import { describe, expect, it } from 'vitest';
import { readFrontMatter } from '../../src/space/front-matter.js';
import { parseFrontMatter } from '../../src/space/front-matter-block.js';

function rangeOf(readme: string, key: string) {
  return readFrontMatter(parseFrontMatter(readme), () => {}).fields.get(key)?.valueRange;
}

describe('where a value of the front matter stands', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('counts lines and columns of README.md with %s', (_name, eol) => {
    const readme = ['---', 'title: Demo', 'sdk:  docker  # no', '---', ''].join(eol);
    expect(rangeOf(readme, 'sdk')).toEqual({ line: 3, column: 7, endLine: 3, endColumn: 13 });
  });

  it('takes quotes in', () => {
    const range = { line: 2, column: 17, endLine: 2, endColumn: 23 };
    expect(rangeOf('---\npython_version: "3.10"\n---\n', 'python_version')).toEqual(range);
  });

  it('counts blank lines before the block', () => {
    expect(rangeOf('\n\n---\nsdk: gradio\n---\n', 'sdk')?.line).toBe(4);
  });

  it('has none for a key without a value', () => {
    expect(rangeOf('---\nsdk:\ntitle: Demo\n---\n', 'sdk')).toBeNull();
  });
});
