import type { TextProps } from 'ink';
import type { Tone } from './lines.js';

/** How each tone looks. Without colour only weight is left: the words say the rest. */
const COLOURED: Readonly<Record<Tone, TextProps>> = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red' },
};
const UNCOLOURED: Readonly<Record<Tone, TextProps>> = {
  plain: {},
  dim: {},
  strong: {},
  good: {},
  warn: {},
  bad: {},
};

export type Theme = Readonly<Record<Tone, TextProps>>;

export const themeOf = (colour: boolean): Theme => (colour ? COLOURED : UNCOLOURED);
