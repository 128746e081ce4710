/**
 * The licences of what the build takes into dist: their authors ask that the texts go along.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Shipped as files or in a bundle of their own. */
const COPIED = ['web-tree-sitter', '@vscode/tree-sitter-wasm', 'preact'];

/**
 * Writes the licence texts of all bundled packages into one file.
 *
 * @param inputs paths of the bundle's sources, as esbuild's metafile has them
 * @param target the file to write
 */
export function writeNotices(inputs: readonly string[], target: string): void {
  const bundled = inputs.flatMap((path) => {
    const match = /^(.*node_modules\/(@[^/]+\/[^/]+|[^/]+))\//.exec(path);
    return match?.[1] ? [match[1]] : [];
  });
  const dirs = new Set([...bundled, ...COPIED.map((name) => join('node_modules', name))]);
  const notices = new Map<string, string>();
  for (const dir of [...dirs].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    const file = readdirSync(dir).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
    const text = file ? readFileSync(join(dir, file), 'utf8').trim() : '(no text in the package)';
    notices.set(
      `${name}@${version}`,
      `${name} ${version} (${license ?? 'see below'})\n\n${text}\n`,
    );
  }
  const rule = `\n${'-'.repeat(78)}\n\n`;
  writeFileSync(
    target,
    `Parts of these packages are in this folder.\n${rule}${[...notices.values()].join(rule)}`,
  );
}

/** The inputs that a metafile names; none when there is no such file. */
export function inputsOf(metafile: string): readonly string[] {
  if (!existsSync(metafile)) return [];
  return Object.keys(JSON.parse(readFileSync(metafile, 'utf8')).inputs);
}
