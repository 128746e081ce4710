import { parse, satisfies, validRange } from '@renovatebot/pep440';
import { withoutEndlessNumbers } from './endless-numbers.js';

/** What a marker may ask for, with its value on the machine that installs. */
export type MarkerEnvironment = Readonly<Record<string, string>>;

const VARIABLES = new Set([
  'python_version',
  'python_full_version',
  'os_name',
  'os.name',
  'sys_platform',
  'sys.platform',
  'platform_release',
  'platform_system',
  'platform_version',
  'platform.version',
  'platform_machine',
  'platform.machine',
  'platform_python_implementation',
  'platform.python_implementation',
  'python_implementation',
  'implementation_name',
  'implementation_version',
  'extra',
  'extras',
  'dependency_groups',
]);

const TOKEN = /\s*(?:(\(|\))|(===|==|~=|!=|<=|>=|<|>)|'([^']*)'|"([^"]*)"|([A-Za-z_][\w.]*))/y;
/** Deeper than anybody's; the parser calls itself. */
const DEEPEST = 50;

type Test = (environment: MarkerEnvironment) => boolean;
type Value = { readonly variable: string } | { readonly text: string };
interface Token {
  readonly kind: 'bracket' | 'operator' | 'text' | 'word';
  readonly text: string;
}

/** Markers as the platform's Linux machines answer them, with that Python. */
export function linuxEnvironment(python: string): MarkerEnvironment {
  const minor = /^\d+\.\d+/.exec(python)?.[0] ?? python;
  const full = /^\d+\.\d+\.\d+/.test(python) ? python : `${minor}.0`;
  return {
    python_version: minor,
    python_full_version: full,
    os_name: 'posix',
    'os.name': 'posix',
    sys_platform: 'linux',
    'sys.platform': 'linux',
    platform_system: 'Linux',
    platform_machine: 'x86_64',
    'platform.machine': 'x86_64',
    platform_python_implementation: 'CPython',
    'platform.python_implementation': 'CPython',
    python_implementation: 'CPython',
    implementation_name: 'cpython',
    implementation_version: full,
    extra: '',
  };
}

/**
 * Reads an environment marker (PEP 508).
 *
 * @returns null when it is none
 */
export function parseMarker(text: string): Test | null {
  const tokens = tokenize(text);
  if (tokens === null) return null;
  const parser = new MarkerParser(tokens);
  const test = parser.or(0);
  return test && parser.isAtEnd ? test : null;
}

function tokenize(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) return null;
    const [, bracket, operator, single, double, word] = match;
    const quoted = single ?? double;
    if (bracket) tokens.push({ kind: 'bracket', text: bracket });
    else if (operator) tokens.push({ kind: 'operator', text: operator });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted });
    else tokens.push({ kind: 'word', text: word ?? '' });
  }
  return tokens;
}

class MarkerParser {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get isAtEnd(): boolean {
    return this.at === this.tokens.length;
  }

  or(depth: number): Test | null {
    return this.chain(
      'or',
      () => this.and(depth),
      (tests, env) => tests.some((test) => test(env)),
    );
  }

  private and(depth: number): Test | null {
    return this.chain(
      'and',
      () => this.atom(depth),
      (tests, env) => tests.every((one) => one(env)),
    );
  }

  private chain(
    word: string,
    next: () => Test | null,
    join: (tests: readonly Test[], environment: MarkerEnvironment) => boolean,
  ): Test | null {
    const tests: Test[] = [];
    do {
      const test = next();
      if (!test) return null;
      tests.push(test);
    } while (this.take('word', word));
    return (environment) => join(tests, environment);
  }

  private atom(depth: number): Test | null {
    if (this.take('bracket', '(')) {
      const inner = depth < DEEPEST ? this.or(depth + 1) : null;
      return inner && this.take('bracket', ')') ? inner : null;
    }
    const left = this.value();
    const operator = this.operator();
    const right = this.value();
    if (!left || !operator || !right) return null;
    return (environment) =>
      compare(valueIn(left, environment), operator, valueIn(right, environment));
  }

  private value(): Value | null {
    const token = this.tokens[this.at];
    if (token?.kind === 'text') {
      this.at += 1;
      return { text: token.text };
    }
    if (token?.kind !== 'word' || !VARIABLES.has(token.text)) return null;
    this.at += 1;
    return { variable: token.text };
  }

  private operator(): string | null {
    const token = this.tokens[this.at];
    if (token?.kind === 'operator') {
      this.at += 1;
      return token.text;
    }
    if (this.take('word', 'in')) return 'in';
    return this.take('word', 'not') && this.take('word', 'in') ? 'not in' : null;
  }

  private take(kind: Token['kind'], text: string): boolean {
    const token = this.tokens[this.at];
    if (token?.kind !== kind || token.text !== text) return false;
    this.at += 1;
    return true;
  }
}

function valueIn(value: Value, environment: MarkerEnvironment): string {
  return 'text' in value ? value.text : (environment[value.variable] ?? '');
}

function compare(one: string, operator: string, other: string): boolean {
  const [left, right] = [withoutEndlessNumbers(one), withoutEndlessNumbers(other)];
  if (operator === 'in') return right.includes(left);
  if (operator === 'not in') return !right.includes(left);
  if (parse(left) && validRange(`${operator}${right}`)) {
    return satisfies(left, `${operator}${right}`, { prereleases: true });
  }
  switch (operator) {
    case '==':
    case '===':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return false;
  }
}
