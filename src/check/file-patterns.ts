/** Patterns of paths: `*` within a folder, `**` across folders, `?` one character. */

const SPECIAL = /[.+^${}()|[\]\\]/g;

/** A pattern as an expression; one that ends with `/` means all below that folder. */
export function patternOf(pattern: string): RegExp {
  const all = pattern.replace(/^\.\//, '').replace(/\/$/, '/**');
  const source = all
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => PARTS[part] ?? part.replaceAll(SPECIAL, '\\$&'))
    .join('');
  return new RegExp(`^${source}$`);
}

const PARTS: Readonly<Record<string, string>> = {
  '**/': '(?:[^/]+/)*',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
};
