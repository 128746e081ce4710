/** Keeps secrets out of log files. Pure. */

/** Tokens by their own form: of the Hub (`hf_…`), and signed ones (three parts of base64url). */
const TOKENS = /\bhf_[A-Za-z0-9]{16,}\b|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g;
/** Names of variables whose values are secrets. */
const SECRET_NAME = /(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|PRIVATE_KEY)/i;
/** A shorter value may be an ordinary word, which would be cut out of every line. */
const SHORTEST_SECRET = 8;
const HIDDEN = '[secret]';

/** Values of an environment that must not be in a log, the longest first. */
export function secretsOf(
  env: Readonly<Record<string, string | undefined>>,
  more: Readonly<Record<string, string>> = {},
): readonly string[] {
  const named = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && SECRET_NAME.test(name) ? [value] : [],
  );
  return [...new Set([...named, ...Object.values(more)])]
    .filter((value) => value.trim().length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
}

/** The line without tokens and without the given secrets. */
export function redact(line: string, secrets: readonly string[]): string {
  let text = line;
  for (const secret of secrets) text = text.replaceAll(secret, HIDDEN);
  return text.replaceAll(TOKENS, HIDDEN);
}
