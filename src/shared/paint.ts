/** Colour for terminals, or none: meaning never hangs on it. */

const CODES = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  blue: [34, 39],
  dim: [2, 22],
  bold: [1, 22],
} as const;

/** What `ansiPaint` writes, as the separators of a text. */
export const PAINT_CODES = new RegExp(
  `(\\u001b\\[(?:${[...new Set(Object.values(CODES).flat())].join('|')})m)`,
);

export type Colour = keyof typeof CODES;
/** Paints a piece of text, or gives it back as it is. */
export type Paint = (colour: Colour, text: string) => string;

export const noPaint: Paint = (_colour, text) => text;

export const ansiPaint: Paint = (colour, text) => {
  const [on, off] = CODES[colour];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

/**
 * Whether a stream is to be coloured: an explicit wish first, then NO_COLOR (not empty), FORCE_COLOR,
 * a dumb terminal, and last whether it is a terminal at all.
 */
export function choosePaint(
  wish: 'auto' | 'always' | 'never',
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): Paint {
  if (wish !== 'auto') return wish === 'always' ? ansiPaint : noPaint;
  if (env['NO_COLOR']) return noPaint;
  const forced = env['FORCE_COLOR'];
  if (forced) return forced === '0' || forced === 'false' ? noPaint : ansiPaint;
  return isTerminal && env['TERM'] !== 'dumb' ? ansiPaint : noPaint;
}

/**
 * Whether cursor codes are unwelcome although the streams are terminals: on a dumb terminal, and in
 * CI (as Ink decides it: there it draws one frame, at the end).
 */
export function wantsPlain(env: Readonly<Record<string, string | undefined>>): boolean {
  const isCi = ['CI', 'CONTINUOUS_INTEGRATION'].some(
    (name) => ![undefined, '0', 'false'].includes(env[name]),
  );
  return isCi || env['TERM'] === 'dumb';
}
