/** Keeps secrets out of log files. Pure. */

/** Tokens by their own form: of the Hub (`hf_…`), and signed ones (three parts of base64url). */
const TOKENS = /\bhf_[A-Za-z0-9]{16,}\b|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g;
/** Names of variables whose values are secrets. */
const SECRET_NAME = /(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|PRIVATE_KEY)/i;
/** A shorter value may be an ordinary word, which would be cut out of every line. */
const SHORTEST_SECRET = 8;
/** Of a variable that the user gave as a secret, and whose name says so. */
const SHORTEST_NAMED_SECRET = 4;
const HIDDEN = '[secret]';

/** Values of an environment that must not be in a log, the longest first. */
export function secretsOf(
  env: Readonly<Record<string, string | undefined>>,
  more: Readonly<Record<string, string>> = {},
): readonly string[] {
  const named = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && SECRET_NAME.test(name) ? [value] : [],
  );
  return longestFirst(
    [...named, ...Object.values(more)].filter((value) => value.trim().length >= SHORTEST_SECRET),
  );
}

/**
 * What must not be printed of variables that the user gave for the Space: each value, each of its lines, and
 * both as JSON has them. The longest first.
 */
function givenSecrets(given: Readonly<Record<string, string>>): readonly string[] {
  const texts = Object.entries(given).flatMap(([name, value]) => {
    const shortest = SECRET_NAME.test(name) ? SHORTEST_NAMED_SECRET : SHORTEST_SECRET;
    return [value, value.trim(), ...value.split('\n').map((line) => line.trim())].filter(
      (text) => text.trim().length >= shortest,
    );
  });
  return longestFirst([...texts, ...texts.map((text) => JSON.stringify(text).slice(1, -1))]);
}

const longestFirst = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts)].sort((a, b) => b.length - a.length);

/** The line without tokens and without the given secrets. */
export function redact(line: string, secrets: readonly string[]): string {
  return withoutSecrets(line, secrets).replaceAll(TOKENS, HIDDEN);
}

/** Takes the values of variables that the user gave for the Space out of any text. */
export function createHider(given: Readonly<Record<string, string>>): (text: string) => string {
  const secrets = givenSecrets(given);
  return (text) => withoutSecrets(text, secrets);
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  let left = text;
  for (const secret of secrets) left = left.replaceAll(secret, HIDDEN);
  return left;
}
