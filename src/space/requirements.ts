import type { Requirement } from './types.js';

const NAME = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*/;

/** PEP 503: how package indexes compare names. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

/** Takes one requirement apart; what is not a PEP 508 requirement keeps only its text. */
export function parseRequirement(text: string): Omit<Requirement, 'file' | 'line'> {
  const bare = text.replace(/\s+--(?:hash|config-settings|global-option)\b.*$/, '');
  const [main = '', marker] = splitOnce(bare, /\s*;\s*/);
  const named = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(main) || /^[./~]/.test(main);
  const match = named ? null : NAME.exec(main);
  const rest = match ? main.slice(match[0].length) : '';
  const isNamed = match !== null && (rest === '' || /^[@=<>!~(]/.test(rest));
  const url = isNamed ? (/^@\s*(.+)$/.exec(rest)?.[1] ?? null) : named ? main : null;
  const specifier = isNamed && url === null ? rest.replace(/^\((.*)\)$/, '$1').trim() : '';
  return {
    text,
    name: isNamed ? normalizeName(match[1] ?? '') : nameInUrl(main),
    extras: isNamed ? (match[2] ?? '').split(',').flatMap((extra) => extra.trim() || []) : [],
    specifier,
    pin: /^={2,3}\s*([^\s,*]+)$/.exec(specifier)?.[1] ?? null,
    marker: marker ?? null,
    url,
  };
}

/** `git+https://…#egg=name` and wheels carry their name. */
function nameInUrl(text: string): string | null {
  const egg = /[#&]egg=([A-Za-z0-9._-]+)/.exec(text)?.[1];
  const wheel = /(?:^|\/)([A-Za-z0-9._]+)-[^/-]+(?:-[^/]+){3}\.whl(?:[#?].*)?$/.exec(text)?.[1];
  const name = egg ?? wheel;
  return name === undefined ? null : normalizeName(name);
}

function splitOnce(text: string, separator: RegExp): readonly [string, string?] {
  const match = separator.exec(text);
  if (!match) return [text];
  return [text.slice(0, match.index).trim(), text.slice(match.index + match[0].length).trim()];
}
