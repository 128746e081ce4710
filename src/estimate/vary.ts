/** `--vary width=512,1024`: one call for each combination of values. Pure. */
import { type NamedWord, parseWord } from '../call/arguments.js';
import { UserError } from '../shared/errors.js';

/** More calls than that are a mistake more often than a wish. */
const MOST_CALLS = 64;

/** One parameter and the values that it takes. */
export interface Variation {
  readonly key: string;
  readonly values: readonly string[];
}

/**
 * Reads `--vary`. @param options one text for each time the option was given
 *
 * @throws UserError E_USAGE for one without values, a parameter that is given twice, and too many combinations
 */
export function parseVariations(
  options: readonly string[],
  said: readonly NamedWord[],
): readonly Variation[] {
  const seen = new Set(said.map(({ key }) => key));
  const variations = options.map((option) => {
    if (!/^\s*[^=\s][^=]*=/.test(option)) {
      throw usage(`--vary ${option} has no values`, 'It takes a parameter and its values.');
    }
    const { key, text } = parseWord(option, false);
    const values = text.split(',').map((value) => value.trim());
    if (values.some((value) => value === '')) {
      throw usage(`--vary ${option} has an empty value`, 'Values are separated by commas.');
    }
    if (seen.has(key)) throw usage(`${key} is given twice`, 'Each parameter has one source.');
    seen.add(key);
    return { key, values: [...new Set(values)] };
  });
  const calls = variations.reduce((product, { values }) => product * values.length, 1);
  if (calls > MOST_CALLS) {
    throw usage(`--vary asks for ${calls} calls`, `Up to ${MOST_CALLS} combinations are called.`);
  }
  return variations;
}

/** Each combination, the last parameter changing first; one empty combination for no variation. */
export function combinations(variations: readonly Variation[]): readonly (readonly NamedWord[])[] {
  return variations.reduce<readonly (readonly NamedWord[])[]>(
    (rows, { key, values }) =>
      rows.flatMap((row) => values.map((text) => [...row, { key, text, isFile: false }])),
    [[]],
  );
}

function usage(message: string, why: string): UserError {
  return new UserError('E_USAGE', message, {
    why,
    fix: 'zerogpu estimate . generate --vary width=512,1024,1536',
  });
}
