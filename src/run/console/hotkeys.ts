/** What a key does while a run serves; every key is in the box below the log. */
export type Hotkey =
  | 'open'
  | 'visitor'
  | 'quota'
  | 'console'
  | 'forward'
  | 'restart'
  | 'clear'
  | 'help'
  | 'exit';

const KEYS: Readonly<Record<string, Hotkey>> = {
  o: 'open',
  u: 'visitor',
  v: 'quota',
  w: 'console',
  f: 'forward',
  r: 'restart',
  c: 'clear',
  '?': 'help',
  h: 'help',
  x: 'exit',
  q: 'exit',
  '\u0003': 'exit',
  '\u0004': 'exit',
};

/** For `?`: each key in a sentence. */
export const HOTKEY_HELP: readonly (readonly [key: string, what: string])[] = [
  ['o', 'open the Space in the browser'],
  ['u', 'be another visitor from now on: each tier in turn'],
  ['v', 'quota and queue, live; q comes back'],
  ['w', 'open the console in the browser: calls, quota, queue, faults and the log'],
  ['f', 'move quota time on by one hour'],
  ['r', 'restart the app with the code as it is now; quotas stay'],
  ['c', 'clear the screen'],
  ['x', 'stop the Space and end; so do q, Ctrl-C and Ctrl-D'],
];

export const hotkeyOf = (key: string): Hotkey | undefined => KEYS[key];

const WIDEST_BOX = 90;
const NARROWEST_BOX = 40;

/**
 * The box of keys, in lines that are narrower than the terminal: one that fills it to the last
 * column could be broken when it is resized.
 */
export function keysBox(visitor: string, columns: number, ascii: boolean): readonly string[] {
  const all = [
    'c clear',
    'r restart',
    'o open',
    `u visitor: ${visitor}`,
    'v quota',
    'w console',
    'f +1 h',
    '? keys',
    'x exit',
  ];
  const inner = Math.min(WIDEST_BOX, columns - 1) - 4;
  if (inner < NARROWEST_BOX - 4) return ['? keys  x exit'.slice(0, Math.max(0, columns - 1))];
  // What is left out is under `?`.
  let shown = all;
  while (shown.length > 2 && shown.join('  ').length > inner) shown = shown.slice(1);
  const text = shown.join('  ').slice(0, inner).padEnd(inner);
  const across = (ascii ? '-' : '─').repeat(inner + 2);
  return ascii
    ? [`+${across}+`, `| ${text} |`, `+${across}+`]
    : [`╭${across}╮`, `│ ${text} │`, `╰${across}╯`];
}
