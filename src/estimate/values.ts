/** The arguments of an endpoint that the user left out. Pure. */
import { argumentsFor, type Endpoint, type NamedWord } from '../call/arguments.js';

export interface ChosenValues {
  readonly words: readonly NamedWord[];
  /** What was assumed, a line each: `steps=28 (default)`. */
  readonly assumed: readonly string[];
}

/** What was said, then the page's defaults, then what Gradio shows as an example of such a component. */
export function chooseValues(endpoint: Endpoint, said: readonly NamedWord[]): ChosenValues {
  const keys = new Set(said.map(({ key }) => key));
  const words = [...said];
  const assumed: string[] = [];
  for (const { name, hasDefault, defaultValue, exampleInput, type } of endpoint.parameters) {
    if (keys.has(name)) continue;
    if (hasDefault) {
      assumed.push(`${name}=${textOf(defaultValue)} (default)`);
      continue;
    }
    if (exampleInput === undefined || exampleInput === null || /Blob|File|Buffer/.test(type)) {
      continue;
    }
    words.push({ key: name, text: textOf(exampleInput), isFile: false });
    assumed.push(`${name}=${textOf(exampleInput)} (Gradio's example)`);
  }
  return { words, assumed };
}

/** @throws UserError E_CALL_ARGUMENT */
export function valuesOf(endpoint: Endpoint, { words }: ChosenValues) {
  return argumentsFor(endpoint, words, () => undefined);
}

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
