/** How a screen may look: characters, motion, and who reads it. */
export interface Style {
  /** Only characters of ASCII. */
  readonly ascii: boolean;
  readonly colour: boolean;
  /** Nothing blinks or moves by itself. */
  readonly still: boolean;
  /** Sentences instead of a drawing. */
  readonly screenReader: boolean;
}

export interface Glyphs {
  readonly full: string;
  readonly empty: string;
  readonly live: string;
  readonly liveOff: string;
  readonly pause: string;
  readonly pointer: string;
  readonly cut: string;
  readonly separator: string;
  readonly updown: string;
  readonly steps: readonly string[];
  readonly frame: {
    readonly topLeft: string;
    readonly topRight: string;
    readonly bottomLeft: string;
    readonly bottomRight: string;
    readonly across: string;
    readonly down: string;
  };
}

const UNICODE: Glyphs = {
  full: '█',
  empty: '░',
  live: '●',
  liveOff: '○',
  pause: '‖',
  pointer: '▸',
  cut: '…',
  separator: '·',
  updown: '↑↓',
  steps: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  frame: {
    topLeft: '┌',
    topRight: '┐',
    bottomLeft: '└',
    bottomRight: '┘',
    across: '─',
    down: '│',
  },
};

const ASCII: Glyphs = {
  full: '#',
  empty: '.',
  live: '*',
  liveOff: 'o',
  pause: '=',
  pointer: '>',
  cut: '~',
  separator: '-',
  updown: 'up/down',
  steps: ['_', '.', ':', '-', '=', '+', '*', '#'],
  frame: {
    topLeft: '+',
    topRight: '+',
    bottomLeft: '+',
    bottomRight: '+',
    across: '-',
    down: '|',
  },
};

export const glyphsOf = (style: Style): Glyphs => (style.ascii ? ASCII : UNICODE);

type Environment = Readonly<Record<string, string | undefined>>;

/** NO_COLOR, INK_SCREEN_READER and ZEROGPU_REDUCED_MOTION count when they are set and not empty. */
export function chooseStyle(options: {
  readonly ascii: boolean;
  readonly colour: boolean;
  readonly env: Environment;
}): Style {
  const { env } = options;
  const on = (name: string) => !['', '0', 'false'].includes(env[name] ?? '');
  return {
    ascii: options.ascii,
    colour: options.colour,
    still: on('ZEROGPU_REDUCED_MOTION'),
    screenReader: on('INK_SCREEN_READER'),
  };
}
