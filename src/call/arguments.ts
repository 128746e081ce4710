/** What follows the function on the command line, as the arguments of an endpoint. Pure. */
import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';
import { shellWord } from '../shared/shell-word.js';
import type { Bounds } from './page.js';

/** One parameter of an endpoint, as the app's API description has it. */
export interface Parameter {
  readonly name: string;
  readonly label: string;
  /** In the words of the JavaScript client: `string`, `number`, `boolean`, `Blob | File | Buffer`, `any`. */
  readonly type: string;
  readonly hasDefault: boolean;
  readonly defaultValue: unknown;
  /** What Gradio shows as an example for such a component. */
  readonly exampleInput?: unknown;
  /** Its value in the first row of the page's Examples. */
  readonly pageExample?: unknown;
  /** Of a slider. */
  readonly bounds?: Bounds;
}

/** An endpoint that clients may call. */
export interface Endpoint {
  /** With its slash: `/generate`. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly returns: readonly { readonly label: string; readonly type: string }[];
}

/** `key=value` as the user wrote it; `isFile` where it came from `--file`. */
export interface NamedWord {
  readonly key: string;
  readonly text: string;
  readonly isFile: boolean;
  /** What the text stands for, where a program calls: then the text is not read. */
  readonly value?: unknown;
}

const BOOLEAN = /^(true|1|yes|on|false|0|no|off)$/i;

/** @throws UserError E_USAGE for a word without `=` */
export function parseWord(word: string, isFile: boolean): NamedWord {
  const at = word.indexOf('=');
  const [key, text] = [word.slice(0, at).trim(), word.slice(at + 1)];
  if (at > 0 && key !== '' && (text !== '' || !isFile)) return { key, text, isFile };
  const what = isFile ? `--file is "${word}"` : `"${word}" is not an argument`;
  throw new UserError('E_USAGE', `${what}: expected ${isFile ? 'NAME=PATH' : 'NAME=VALUE'}`, {
    why: 'Arguments are named, as the endpoint names its parameters: zerogpu call --list',
    fix: isFile ? '--file image=cat.png' : "prompt='a cat' steps=4",
  });
}

/**
 * Errors of this file name `zerogpu call`; here those of a command that takes the same words.
 *
 * @param command what stands before the name of the endpoint: `zerogpu load --function`
 */
export function forCommand<T>(command: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, why, exitCode, cause } = error;
    const fix = error.fix.map((line) => line.replace(/^zerogpu call (?!--list)/, `${command} `));
    throw new UserError(code, message, {
      ...(why === undefined ? {} : { why }),
      ...{ fix, exitCode, cause },
    });
  }
}

/** The endpoint of that name; the slash may be left out. @throws UserError E_CALL_ENDPOINT */
export function findEndpoint(endpoints: readonly Endpoint[], said: string): Endpoint {
  const name = `/${said.replace(/^\//, '')}`;
  const found = endpoints.find((endpoint) => endpoint.name === name);
  if (found) return found;
  const names = endpoints.map((endpoint) => endpoint.name.slice(1));
  const meant = didYouMean(said, names);
  throw new UserError('E_CALL_ENDPOINT', `the Space has no endpoint "${said}"`, {
    why:
      names.length === 0
        ? 'It has no named endpoint: api_name=False or show_api=False hides one.'
        : `It has: ${names.join(', ')}.`,
    fix: `zerogpu call ${meant ?? '--list'}`,
  });
}

/**
 * The arguments by parameter. A text parameter takes its value as it is; numbers and switches are read as
 * such; everything else is JSON where it parses, and text where it does not.
 *
 * @param fileOf what is sent for a path of `--file`
 * @throws UserError E_CALL_ARGUMENT
 */
export function argumentsFor(
  endpoint: Endpoint,
  words: readonly NamedWord[],
  fileOf: (path: string) => unknown,
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const { key, text, isFile, value } of words) {
    const parameter = endpoint.parameters.find(({ name }) => name === key);
    if (!parameter) throw unknownParameter(endpoint, words, key);
    if (Object.hasOwn(values, key)) {
      throw wrong(endpoint, words, `${key} is given twice`, 'Each parameter has one value.');
    }
    if (value !== undefined) values[key] = value;
    else values[key] = isFile ? fileOf(text) : valueFor(endpoint, words, parameter, text);
  }
  const missing = endpoint.parameters.filter(
    ({ name, hasDefault }) => !hasDefault && !Object.hasOwn(values, name),
  );
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    throw wrong(
      endpoint,
      words,
      `${endpoint.name.slice(1)} needs ${names}`,
      'They have no default.',
    );
  }
  return values;
}

function valueFor(
  endpoint: Endpoint,
  words: readonly NamedWord[],
  { name, type }: Parameter,
  text: string,
): unknown {
  switch (type) {
    case 'string':
      return text;
    case 'number': {
      const number = text.trim() === '' ? Number.NaN : Number(text);
      if (Number.isFinite(number)) return number;
      throw wrong(endpoint, words, `${name} is "${text}", which is not a number`, '');
    }
    case 'boolean':
      if (BOOLEAN.test(text)) return /^(true|1|yes|on)$/i.test(text);
      throw wrong(endpoint, words, `${name} is "${text}", which is neither true nor false`, '');
    default:
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return text;
      }
  }
}

function unknownParameter(endpoint: Endpoint, words: readonly NamedWord[], key: string): UserError {
  const names = endpoint.parameters.map(({ name }) => name);
  const meant = didYouMean(key, names);
  return wrong(
    endpoint,
    words,
    `${endpoint.name.slice(1)} has no parameter "${key}"`,
    meant ? `Did you mean ${meant}?` : `It has: ${names.join(', ') || 'none'}.`,
  );
}

function wrong(
  endpoint: Endpoint,
  words: readonly NamedWord[],
  message: string,
  why: string,
): UserError {
  return new UserError('E_CALL_ARGUMENT', message, {
    ...(why === '' ? {} : { why }),
    fix: commandFor(endpoint, words),
  });
}

/** A command that can be pasted: what was given and can be used, and examples of what is missing. */
export function commandFor({ name, parameters }: Endpoint, words: readonly NamedWord[]): string {
  const texts = parameters.flatMap((parameter) => {
    const given = words.find(({ key }) => key === parameter.name);
    const isUsable = given !== undefined && (given.isFile || isOfType(parameter, given.text));
    if (!isUsable && given === undefined && parameter.hasDefault) return [];
    const isFile = isUsable ? given.isFile : takesFile(parameter);
    const word = `${parameter.name}=${isUsable ? given.text : exampleOf(parameter)}`;
    return [...(isFile ? ['--file'] : []), word];
  });
  return ['zerogpu call', ...[name.slice(1), ...texts].map(shellWord)].join(' ');
}

function isOfType({ type }: Parameter, text: string): boolean {
  if (type === 'number') return text.trim() !== '' && Number.isFinite(Number(text));
  return type !== 'boolean' || BOOLEAN.test(text);
}

const takesFile = ({ type }: Parameter) => /Blob|File|Buffer/.test(type);

function exampleOf(parameter: Parameter): string {
  if (takesFile(parameter)) return 'PATH';
  const { type, hasDefault, defaultValue } = parameter;
  if (hasDefault && defaultValue !== null) {
    return typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue);
  }
  return type === 'number' ? '1' : type === 'boolean' ? 'true' : 'VALUE';
}

/** Every parameter, optional ones in brackets: `zerogpu call generate prompt=… [steps=4]`. For `--list`. */
export function usageOf({ name, parameters }: Endpoint): string {
  const words = parameters.map((parameter) => {
    const isFile = takesFile(parameter);
    if (isFile)
      return parameter.hasDefault ? `[--file ${parameter.name}=…]` : `--file ${parameter.name}=…`;
    return parameter.hasDefault
      ? `[${parameter.name}=${defaultText(parameter.defaultValue)}]`
      : `${parameter.name}=…`;
  });
  return ['zerogpu call', name.slice(1), ...words].join(' ');
}

const LONGEST_DEFAULT = 40;

function defaultText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '…');
  const short = text.length > LONGEST_DEFAULT ? `${text.slice(0, LONGEST_DEFAULT)}…` : text;
  return /[\s'"]/.test(short) ? JSON.stringify(short) : short;
}
