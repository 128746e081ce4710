/** Which of several places a setting comes from. Pure. */

/** A setting as its command declares it. */
export interface SettingSpec {
  /** In dot notation, as zerogpu.json has it: `run.startTimeout`. */
  readonly key: string;
  /** The environment twin of its flag; null for what has none. */
  readonly variable: string | null;
  readonly fallback: unknown;
}

export type Origin = 'environment' | 'zerogpu.json' | 'user' | 'default';

export interface Setting {
  readonly key: string;
  /** Null when no origin sets it and there is no default. */
  readonly value: unknown;
  readonly origin: Origin;
  /** The variable or the file that says it; null for a default. */
  readonly where: string | null;
}

/** A file of settings with its place. */
export interface Source {
  readonly file: string;
  readonly content: object;
}

/** Settles one setting: environment, then the Space's zerogpu.json, then the user's, then the default. */
export function resolveSetting(
  spec: SettingSpec,
  env: Readonly<Record<string, string | undefined>>,
  space: Source,
  user: Source,
): Setting {
  const { key, variable, fallback } = spec;
  const said = variable === null ? undefined : env[variable];
  // An empty variable says nothing: CI sets many.
  if (variable !== null && said !== undefined && said.trim() !== '') {
    return { key, value: said, origin: 'environment', where: variable };
  }
  const inSpace = at(space.content, key);
  if (inSpace !== undefined) {
    return { key, value: inSpace, origin: 'zerogpu.json', where: space.file };
  }
  const inUser = at(user.content, key);
  if (inUser !== undefined) return { key, value: inUser, origin: 'user', where: user.file };
  return { key, value: fallback ?? null, origin: 'default', where: null };
}

/** What an object holds under a key in dot notation. */
export function at(content: object, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part)
          ? (value as Record<string, unknown>)[part]
          : undefined,
      content,
    );
}

/** The object with one more key, or with one less; what becomes empty goes too. */
export function withKey(content: object, key: string, value: unknown): object {
  const [first = '', ...rest] = key.split('.');
  const own = { ...content } as Record<string, unknown>;
  const below = own[first];
  const inner = typeof below === 'object' && below !== null ? below : {};
  const next = rest.length === 0 ? value : withKey(inner, rest.join('.'), value);
  const isEmpty = typeof next === 'object' && next !== null && Object.keys(next).length === 0;
  if (next === undefined || (isEmpty && rest.length > 0)) delete own[first];
  else own[first] = next;
  return own;
}
