/** README and docs as text: words of the style guide, links that lead somewhere, commands that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { programOfDocs } from './support/command-reference.js';
import { NOT_OUR_WORDS } from './support/style-words.js';

const ROOT = resolve(import.meta.dirname, '..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.startsWith('.vitepress'))
    .map((path) => `docs/${path}`),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

/** Output of programs and names of tests stay as they are. */
function prose(text: string): string {
  return text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`[^|\n]*(?= \|)?/g, (part) => {
    // In docs/reliability.md the cell after a test's file is the test's own title.
    return part.startsWith('`test/') ? '' : part.replaceAll(/`[^`]*`/g, '');
  });
}

describe('words', () => {
  it.each(pages.filter(({ path }) => path !== 'docs/style.md'))('$path', ({ text }) => {
    const found = prose(text)
      .split('\n')
      .filter((line) => NOT_OUR_WORDS.some((word) => word.test(line)));
    expect(found).toEqual([]);
  });
});

/** As GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('links', () => {
  it.each(pages)('$path', ({ path, text }) => {
    const links = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)];
    const broken = links
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#', 2);
        const full = file === '' ? join(ROOT, path) : resolve(dirname(join(ROOT, path)), file);
        if (!existsSync(full)) return true;
        return anchor !== undefined && !anchorsOf(readFileSync(full, 'utf8')).has(anchor);
      });
    expect(broken).toEqual([]);
  });
});

const program = programOfDocs();

/** What is wrong with a line of a shell block that calls zerogpu, or null. */
function wrongWith(line: string): string | null {
  const call = /(?:^|\s)(?:npx )?zerogpu (?<words>[^|&;>]*)/.exec(line.replace(/\s+#\s.*$/, ''));
  if (!call) return null;
  const words = (call.groups?.['words'] ?? '').split(/\s+/).filter(Boolean);
  // What follows -- belongs to another program, and Python's flags to Python.
  const own = words.slice(0, words.includes('--') ? words.indexOf('--') : words.length);
  let command: Command = program;
  for (const word of own) {
    const next = command.commands.find((child) => child.name() === word);
    if (!next) break;
    command = next;
  }
  const [first = ''] = own;
  if (command === program && !first.startsWith('-')) return `no command ${first}`;
  const flags = command.name() === 'python' ? [] : own.filter((word) => /^--?[a-z]/i.test(word));
  const known = [...command.options, ...program.options].flatMap(({ long, short }) => [
    long,
    short,
  ]);
  const unknown = flags
    .map((flag) => flag.split('=', 1)[0] ?? '')
    .filter((flag) => !known.includes(flag) && flag !== '--help' && flag !== '-h');
  return unknown.length === 0 ? null : `${command.name()} has no ${unknown.join(', ')}`;
}

describe('site', () => {
  const config = readFileSync(join(ROOT, 'docs/.vitepress/config.ts'), 'utf8');
  const linked = [...config.matchAll(/link: '\/([^']*)'/g)].map(([, link = '']) => link);

  it('its sidebar has every page', () => {
    const own = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
    const names = own.map((name) => name.replace(/\.md$/, '')).filter((name) => name !== 'index');
    expect(names.filter((name) => !linked.includes(name))).toEqual([]);
  });

  it('its links lead to pages', () => {
    const gone = linked
      .map((link) => link.replace(/\/$/, '/README'))
      .filter((link) => !existsSync(join(ROOT, 'docs', `${link}.md`)));
    expect(gone).toEqual([]);
  });
});

describe('commands', () => {
  it.each(pages)('$path', ({ text }) => {
    const blocks = [...text.matchAll(/```(?:sh|bash|yaml)\n([\s\S]*?)```/g)];
    const shell = blocks.flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'));
    const inline = [
      ...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`((?:npx )?zerogpu [^`\n]+)`/g),
    ];
    const lines = [...shell, ...inline.map(([, line = '']) => line)];
    const wrong = lines
      .filter((line) => !/zerogpu (?:COMMAND|…|[A-Z])/.test(line))
      .map((line) => ({ line, why: wrongWith(line) }))
      .filter(({ why }) => why !== null);
    expect(wrong).toEqual([]);
  });

  it('would find a wrong one', () => {
    expect(wrongWith('zerogpu chekc')).toBe('no command chekc');
    expect(wrongWith('npx zerogpu run my-space --gpu-count 2 -- pytest --x')).toBe(
      'run has no --gpu-count',
    );
    expect(wrongWith('zerogpu state export --space chat > quotas.json')).toBeNull();
  });
});
