import { useInput } from 'ink';
import type { Key } from '../press.js';

/** Calls back for every key; pasted text comes character by character. */
export function useKeys(onKey: (key: Key) => void): void {
  useInput((input, pressed) => {
    if (pressed.ctrl) {
      if (input === 'c') onKey({ name: 'interrupt' });
      return;
    }
    const named = nameOf(pressed);
    if (named) return onKey({ name: named });
    if (pressed.meta) return;
    for (const text of input) if (text >= ' ') onKey({ text });
  });
}

type Pressed = Parameters<Parameters<typeof useInput>[0]>[1];

function nameOf(pressed: Pressed) {
  if (pressed.upArrow) return 'up';
  if (pressed.downArrow) return 'down';
  if (pressed.pageUp) return 'page-up';
  if (pressed.pageDown) return 'page-down';
  if (pressed.home) return 'home';
  if (pressed.end) return 'end';
  if (pressed.return) return 'enter';
  if (pressed.escape) return 'escape';
  if (pressed.backspace || pressed.delete) return 'backspace';
  if (pressed.tab) return 'tab';
  return null;
}
