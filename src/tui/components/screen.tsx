import { Box, Text } from 'ink';
import { HELP } from '../help.js';
import { printable } from '../lines.js';
import { question } from '../press.js';
import { type Glyphs, glyphsOf, type Style } from '../style.js';
import { type Theme, themeOf } from '../theme.js';
import type { UiState } from '../ui-state.js';
import type { Size, ViewModel } from '../view-model.js';
import { Frame } from './frame.js';
import { StyledLine } from './styled-line.js';
import { TextFrame } from './text-frame.js';

export interface ScreenProps {
  readonly model: ViewModel;
  readonly ui: UiState;
  readonly size: Size;
  readonly style: Style;
}

const FIXED_ROWS = 3;

/** The whole view: header, panels (or help, or details), the last minute, and the keys. */
export function Screen({ model, ui, size, style }: ScreenProps) {
  const glyphs = glyphsOf(style);
  const theme = themeOf(style.colour);
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows}>
      <StyledLine spans={model.header} theme={theme} />
      <Box flexDirection="column" height={size.rows - FIXED_ROWS} overflow="hidden">
        <Body model={model} ui={ui} size={size} glyphs={glyphs} theme={theme} />
      </Box>
      <StyledLine spans={model.lastMinute} theme={theme} />
      <StyledLine spans={model.keys} theme={theme} />
    </Box>
  );
}

interface BodyProps extends Omit<ScreenProps, 'style'> {
  readonly glyphs: Glyphs;
  readonly theme: Theme;
}

function Body({ model, ui, size, glyphs, theme }: BodyProps) {
  const box = { columns: size.columns, rows: size.rows - FIXED_ROWS, glyphs, theme };
  if (ui.dialog) {
    const { text, keys } = question(ui.dialog);
    return <TextFrame title="Sure?" facts={[['', printable(text)]]} foot={keys} {...box} />;
  }
  if (ui.help) return <TextFrame title="Keys" facts={HELP} foot="? or esc back" {...box} />;
  if (model.details) {
    const { title, facts, keys } = model.details;
    return <TextFrame title={title} facts={facts} foot={keys} {...box} />;
  }
  return (
    <>
      {model.panels.map(({ id, title, lines }) => (
        <Frame key={id} title={title} lines={lines} {...box} />
      ))}
    </>
  );
}

/** Instead of the view: it is not there yet, or there is no room for it. */
export function Message({ text }: { readonly text: string }) {
  return <Text>{text}</Text>;
}
