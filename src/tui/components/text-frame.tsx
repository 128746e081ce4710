import { fitLine, line, span, widthOf, wrap } from '../lines.js';
import type { Glyphs } from '../style.js';
import type { Theme } from '../theme.js';
import { Frame } from './frame.js';

export interface TextFrameProps {
  readonly title: string;
  /** Name and text; the text is wrapped beside the name. */
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly foot: string;
  readonly columns: number;
  /** Lines of the whole box at most. */
  readonly rows: number;
  readonly glyphs: Glyphs;
  readonly theme: Theme;
}

/** A box of sentences: help, details. What does not fit is cut, never scrolled off the screen. */
export function TextFrame(props: TextFrameProps) {
  const { title, facts, foot, columns, rows, glyphs, theme } = props;
  const inner = columns - 2;
  const longest = Math.max(...facts.map(([name]) => name.length));
  const names = longest === 0 ? 0 : longest + 2;
  const body = facts.flatMap(([name, text]) =>
    wrap(text, inner - names - 3).map((part, index) => [
      span(` ${(index === 0 ? name : '').padEnd(names)}`, 'dim'),
      span(part),
    ]),
  );
  const footLines = (widthOf(foot) <= inner - 2 ? [foot] : wrap(foot, inner - 2)).map((part) =>
    line(` ${part}`, 'dim'),
  );
  const room = Math.max(1, rows - 2 - footLines.length);
  const lines = [...body.slice(0, room), ...footLines];
  return (
    <Frame
      title={title}
      lines={lines.map((one) => fitLine(one, inner, glyphs.cut))}
      columns={columns}
      glyphs={glyphs}
      theme={theme}
    />
  );
}
