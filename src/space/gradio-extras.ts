/** First Gradio release with an extra of that name; the platform installs these. */
const EXTRAS: readonly (readonly [extra: string, major: number, minor: number])[] = [
  ['oauth', 4, 0],
  ['mcp', 5, 28],
];

/**
 * The requirement that the platform adds for `sdk_version`: `gradio[oauth,mcp]==6.31.0`.
 *
 * @param version null where the Space names none; `pinned` false where it only decides on the extras
 */
export function platformGradio(version: string | null, pinned = version !== null): string {
  const [major = 0, minor = 0] = (version ?? '')
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0);
  const extras = EXTRAS.filter(
    ([, sinceMajor, sinceMinor]) =>
      version === null || major > sinceMajor || (major === sinceMajor && minor >= sinceMinor),
  ).map(([extra]) => extra);
  const name = extras.length > 0 ? `gradio[${extras.join(',')}]` : 'gradio';
  return pinned && version !== null ? `${name}==${version}` : name;
}
