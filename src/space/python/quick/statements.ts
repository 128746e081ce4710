/** Statements that have blocks, and files. */
import { argumentList } from './arguments.js';
import { loopTarget } from './atoms.js';
import { expression, expressions, identifier, named, take } from './expressions.js';
import { DEDENT, END, INDENT, kindOf, NEWLINE } from './kinds.js';
import type { Library } from './library.js';
import { as, type Growing, makeNode } from './nodes.js';
import { annotation, parametersUntil } from './parameters.js';
import { simpleStatements } from './simple-statements.js';
import { giveUp, type Tokens } from './tokens.js';
import { withClause } from './with-clause.js';

const ARROW = kindOf('->');
const AS = kindOf('as');
const ASYNC = kindOf('async');
const AT = kindOf('@');
const CLASS = kindOf('class');
const CLOSE = kindOf(')');
const COLON = kindOf(':');
const DEF = kindOf('def');
const ELIF = kindOf('elif');
const ELSE = kindOf('else');
const EXCEPT = kindOf('except');
const FINALLY = kindOf('finally');
const FOR = kindOf('for');
const IF = kindOf('if');
const IN = kindOf('in');
const OPEN = kindOf('(');
const TRY = kindOf('try');
const WHILE = kindOf('while');
const WITH = kindOf('with');
/** Blocks in blocks; Python allows 100. */
const DEEPEST = 90;

/** Reads the statements of a file. */
export class Statements {
  readonly #t: Tokens;
  /** Null in files that are read whole. */
  readonly #library: Library | null;
  #depth = 0;

  constructor(tokens: Tokens, library: Library | null) {
    this.#t = tokens;
    this.#library = library;
  }

  module(): Growing {
    const t = this.#t;
    const found: Growing[] = [];
    while (t.kind !== END) this.#statement(found);
    return makeNode('module', 0, t.text.length, found);
  }

  #statement(into: Growing[]): void {
    const compound = this.#compound();
    if (compound) into.push(compound);
    else simpleStatements(this.#t, into);
  }

  #compound(): Growing | null {
    const { kind, start } = this.#t;
    if (kind === IF) return this.#if();
    if (kind === DEF) return this.#function(start);
    if (kind === CLASS) return this.#class();
    if (kind === FOR) return this.#for(start);
    if (kind === WITH) return this.#with(start);
    if (kind === TRY) return this.#try();
    if (kind === WHILE) return this.#while();
    if (kind === AT) return this.#decorated();
    return kind === ASYNC ? this.#async() : null;
  }

  #async(): Growing {
    const t = this.#t;
    const { start } = t;
    t.next();
    if (t.kind === DEF) return this.#function(start);
    if (t.kind === FOR) return this.#for(start);
    return t.kind === WITH ? this.#with(start) : giveUp();
  }

  /** A colon, and the block or the statements after it. */
  #suite(isFunction = false): Growing {
    const t = this.#t;
    take(t, COLON);
    const found: Growing[] = [];
    const from = t.index;
    if (t.kind !== NEWLINE) {
      simpleStatements(t, found);
      return this.#block(found, from, t.index);
    }
    t.next();
    if (t.peek(0) !== INDENT) giveUp();
    const skipped = isFunction ? this.#library?.skippedUntil(t) : null;
    if (skipped != null) return this.#skip(skipped);
    t.next();
    this.#depth += 1;
    if (this.#depth > DEEPEST) giveUp();
    while (t.peek(0) !== DEDENT) this.#statement(found);
    this.#depth -= 1;
    const block = this.#block(found, from + 2, t.index);
    t.next();
    return block;
  }

  #skip(dedent: number): Growing {
    const t = this.#t;
    const { start } = t;
    t.goTo(dedent);
    t.next();
    return makeNode('block', start, t.endOf(dedent - 1), []);
  }

  #block(statements: Growing[], from: number, to: number): Growing {
    const first = statements[0] ?? giveUp();
    const { end } = statements.at(-1) ?? first;
    const isSilent = this.#library?.isSilent(this.#t, from, to) ?? false;
    return makeNode('block', first.start, end, isSilent ? [] : statements);
  }

  #function(start: number): Growing {
    const t = this.#t;
    take(t, DEF);
    const parts = [as('name', identifier(t))];
    const open = t.start;
    take(t, OPEN);
    const list = parametersUntil(t, CLOSE, true);
    t.next();
    parts.push(as('parameters', makeNode('parameters', open, t.lastEnd, list)));
    if (t.kind === ARROW) {
      t.next();
      parts.push(as('return_type', annotation(t)));
    }
    return this.#closed('function_definition', start, parts, as('body', this.#suite(true)));
  }

  #class(): Growing {
    const t = this.#t;
    const { start } = t;
    t.next();
    const parts = [as('name', identifier(t))];
    if (t.kind === OPEN) {
      const bases = argumentList(t);
      if (bases.type !== 'argument_list') giveUp();
      parts.push(as('superclasses', bases));
    }
    return this.#closed('class_definition', start, parts, as('body', this.#suite()));
  }

  #decorated(): Growing {
    const t = this.#t;
    const parts: Growing[] = [];
    const { start } = t;
    while (t.kind === AT) {
      const at = t.start;
      t.next();
      const value = named(t);
      take(t, NEWLINE);
      parts.push(makeNode('decorator', at, value.end, [value]));
    }
    if (t.kind !== DEF && t.kind !== CLASS && t.kind !== ASYNC) giveUp();
    const definition = this.#compound() ?? giveUp();
    if (!definition.type.endsWith('_definition')) giveUp();
    return this.#closed('decorated_definition', start, parts, as('definition', definition));
  }

  #if(): Growing {
    const t = this.#t;
    const { start } = t;
    t.next();
    const parts = [as('condition', named(t)), as('consequence', this.#suite())];
    while (t.kind === ELIF) {
      const at = t.start;
      t.next();
      const condition = as('condition', named(t));
      const clause = this.#closed('elif_clause', at, [condition], as('consequence', this.#suite()));
      parts.push(as('alternative', clause));
    }
    this.#else(parts, 'alternative');
    return this.#ended('if_statement', start, parts);
  }

  /** @param field what the clause is to its statement; null in a `try` */
  #else(parts: Growing[], field: string | null): void {
    const t = this.#t;
    if (t.kind !== ELSE) return;
    const { start } = t;
    t.next();
    const clause = this.#closed('else_clause', start, [], as('body', this.#suite()));
    clause.field = field;
    parts.push(clause);
  }

  #for(start: number): Growing {
    const t = this.#t;
    take(t, FOR);
    const left = as('left', loopTarget(t));
    take(t, IN);
    const parts = [left, as('right', expressions(t)), as('body', this.#suite())];
    this.#else(parts, 'alternative');
    return this.#ended('for_statement', start, parts);
  }

  #while(): Growing {
    const t = this.#t;
    const { start } = t;
    t.next();
    const parts = [as('condition', named(t)), as('body', this.#suite())];
    this.#else(parts, 'alternative');
    return this.#ended('while_statement', start, parts);
  }

  #with(start: number): Growing {
    const t = this.#t;
    take(t, WITH);
    const clause = withClause(t);
    return this.#closed('with_statement', start, [clause], as('body', this.#suite()));
  }

  #try(): Growing {
    const t = this.#t;
    const { start } = t;
    t.next();
    const parts = [as('body', this.#suite())];
    while (t.kind === EXCEPT) parts.push(this.#except());
    if (parts.length > 1) this.#else(parts, null);
    if (t.kind === FINALLY) {
      const at = t.start;
      t.next();
      parts.push(this.#closed('finally_clause', at, [], this.#suite()));
    }
    if (parts.length === 1) giveUp();
    return this.#ended('try_statement', start, parts);
  }

  #except(): Growing {
    const t = this.#t;
    const { start } = t;
    t.next();
    const parts: Growing[] = [];
    if (t.kind !== COLON) {
      const error = expression(t);
      if (t.kind === AS) {
        t.next();
        const name = identifier(t);
        const target = as('alias', makeNode('as_pattern_target', name.start, name.end, [name]));
        parts.push(as('value', makeNode('as_pattern', error.start, name.end, [error, target])));
      } else parts.push(as('value', error));
    }
    return this.#closed('except_clause', start, parts, this.#suite());
  }

  #closed(type: string, start: number, parts: Growing[], last: Growing): Growing {
    return makeNode(type, start, last.end, [...parts, last]);
  }

  #ended(type: string, start: number, parts: Growing[]): Growing {
    return makeNode(type, start, parts.at(-1)?.end ?? start, parts);
  }
}
