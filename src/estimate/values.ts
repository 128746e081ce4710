/** The arguments of an endpoint that the user left out. Pure. */
import { argumentsFor, type Endpoint, type NamedWord } from '../call/arguments.js';

export interface ChosenValues {
  readonly words: readonly NamedWord[];
  /** What was assumed, one line each: `steps=28 (default)`. */
  readonly assumed: readonly string[];
}

/** What was said, then the page's Examples, then its defaults, then what Gradio shows for such a component. */
export function chooseValues(endpoint: Endpoint, said: readonly NamedWord[]): ChosenValues {
  const keys = new Set(said.map(({ key }) => key));
  const words = [...said];
  const assumed: string[] = [];
  for (const parameter of endpoint.parameters) {
    const { name, hasDefault, defaultValue, exampleInput, pageExample, type } = parameter;
    if (keys.has(name)) continue;
    if (pageExample !== undefined) {
      // As it is: a file on the page has an address there, and needs no upload.
      words.push({ key: name, text: textOf(pageExample), isFile: false, value: pageExample });
      assumed.push(`${name}=${shortTextOf(pageExample)} (the page's example)`);
      continue;
    }
    if (hasDefault) {
      assumed.push(`${name}=${shortTextOf(defaultValue)} (default)`);
      continue;
    }
    if (exampleInput === undefined || exampleInput === null || /Blob|File|Buffer/.test(type)) {
      continue;
    }
    words.push({ key: name, text: textOf(exampleInput), isFile: false });
    assumed.push(`${name}=${shortTextOf(exampleInput)} (Gradio's example)`);
  }
  return { words, assumed };
}

/** @throws UserError E_CALL_ARGUMENT */
export function valuesOf(endpoint: Endpoint, { words }: ChosenValues) {
  return argumentsFor(endpoint, words, () => undefined);
}

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

const LONGEST = 60;

/** A file by its name; a long text by its beginning. */
function shortTextOf(value: unknown): string {
  const file = fileNameOf(value);
  const text = file ?? textOf(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function fileNameOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('path' in value)) return null;
  return typeof value.path === 'string' ? (value.path.split('/').at(-1) ?? null) : null;
}
