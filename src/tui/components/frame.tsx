import { Box } from 'ink';
import { cut, type Line, span, widthOf } from '../lines.js';
import type { Glyphs } from '../style.js';
import type { Theme } from '../theme.js';
import { StyledLine } from './styled-line.js';

export interface FrameProps {
  readonly title: string;
  /** Each exactly `columns - 2` wide. */
  readonly lines: readonly Line[];
  readonly columns: number;
  readonly glyphs: Glyphs;
  readonly theme: Theme;
}

/** A box with its title in the upper border. */
export function Frame({ title, lines, columns, glyphs, theme }: FrameProps) {
  const { frame } = glyphs;
  const shown = ` ${cut(title, columns - 6, glyphs.cut)} `;
  const rest = frame.across.repeat(Math.max(0, columns - 2 - widthOf(shown)));
  const bottom = frame.bottomLeft + frame.across.repeat(columns - 2) + frame.bottomRight;
  const side = span(frame.down, 'dim');
  return (
    <Box flexDirection="column" flexShrink={0}>
      <StyledLine
        theme={theme}
        spans={[
          span(frame.topLeft, 'dim'),
          span(shown, 'strong'),
          span(rest + frame.topRight, 'dim'),
        ]}
      />
      {lines.map((spans, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its place
        <StyledLine key={index} theme={theme} spans={[side, ...spans, side]} />
      ))}
      <StyledLine theme={theme} spans={[span(bottom, 'dim')]} />
    </Box>
  );
}
