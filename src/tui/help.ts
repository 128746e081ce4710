/** Every key of the view, for `?` and for docs. */
export const HELP: readonly (readonly [keys: string, what: string])[] = [
  ['up down', 'select a row; page up, page down, g and G move further'],
  ['enter', 'everything about the row: why it waits, who is ahead, what its visitor reads'],
  ['/', 'show only rows with this text; esc clears it'],
  ['s', 'sort the list that the selection is in'],
  ['t, tab', 'one panel on the whole screen, the next, all again'],
  ['p', 'pause: the screen stands still, the emulator continues'],
  ['+ -', 'more or fewer frames'],
  ['k', 'kill the selected call, or take it out of the queue'],
  ['r', 'give the selected visitor the whole quota again'],
  ['y', 'set the tier of the selected visitor'],
  ['f', 'move quota time on by one hour'],
  ['a', 'ask the Hub for the account at once (with --account)'],
  ['q, ctrl-c', 'leave; the emulator continues'],
];
