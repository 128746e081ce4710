/** Import statements. */
import { identifier, take } from './expressions.js';
import { kindOf, NAME } from './kinds.js';
import { as, type Growing, leaf, makeNode } from './nodes.js';
import { giveUp, type Tokens } from './tokens.js';

const AS = kindOf('as');
const COMMA = kindOf(',');
const DOT = kindOf('.');
const ELLIPSIS = kindOf('...');
const FROM = kindOf('from');
const IMPORT = kindOf('import');
const STAR = kindOf('*');
const OPEN = kindOf('(');
const CLOSE = kindOf(')');

export function importStatement(t: Tokens): Growing {
  const { start } = t;
  take(t, IMPORT);
  const names = [importedName(t)];
  while (t.kind === COMMA) {
    t.next();
    names.push(importedName(t));
  }
  return makeNode('import_statement', start, t.lastEnd, names);
}

export function importFrom(t: Tokens): Growing {
  const { start } = t;
  take(t, FROM);
  const isFuture = t.text.slice(t.start, t.end) === '__future__';
  const module = as('module_name', moduleName(t));
  take(t, IMPORT);
  const parts = isFuture ? [] : [module];
  if (t.kind === STAR) {
    parts.push(leaf('wildcard_import', t.start, t.end));
    t.next();
  } else if (t.kind === OPEN) {
    t.next();
    do {
      parts.push(importedName(t));
      if (t.kind !== COMMA) break;
      t.next();
    } while (t.kind !== CLOSE);
    take(t, CLOSE);
  } else {
    parts.push(importedName(t));
    while (t.kind === COMMA) {
      t.next();
      parts.push(importedName(t));
    }
  }
  const type = isFuture ? 'future_import_statement' : 'import_from_statement';
  return makeNode(type, start, t.lastEnd, parts);
}

function moduleName(t: Tokens): Growing {
  if (t.kind === NAME) return dotted(t);
  const { start } = t;
  while (t.kind === DOT || t.kind === ELLIPSIS) t.next();
  if (t.lastEnd <= start) giveUp();
  const prefix = leaf('import_prefix', start, t.lastEnd);
  const parts = t.kind === NAME ? [prefix, dotted(t)] : [prefix];
  return makeNode('relative_import', start, t.lastEnd, parts);
}

function dotted(t: Tokens): Growing {
  const parts = [identifier(t)];
  while (t.kind === DOT) {
    t.next();
    parts.push(identifier(t));
  }
  return makeNode('dotted_name', parts[0]?.start ?? 0, t.lastEnd, parts);
}

function importedName(t: Tokens): Growing {
  const name = dotted(t);
  if (t.kind !== AS) return as('name', name);
  t.next();
  const alias = as('alias', identifier(t));
  return as('name', makeNode('aliased_import', name.start, alias.end, [as('name', name), alias]));
}
