/** Lines that stay below a growing log, on a terminal that scrolls as always. */
export interface Footer {
  /** One more line of the log, above the footer. */
  write(line: string): void;
  /** Draws the footer from now on, again after a resize. */
  show(): void;
  /** Takes it away; the log continues without. */
  hide(): void;
  /** Clears the screen and what has scrolled away. */
  clear(): void;
  /** Keeps lines back while another screen is shown, until `resume`. */
  hold(): void;
  resume(): void;
}

const CLEAR = '\u001b[2J\u001b[3J\u001b[H';
/** Of lines that are held back: the newest ones. A view may be left open overnight. */
const MOST_HELD = 5_000;

/** @param lines of the footer as they are now */
export function createFooter(
  write: (text: string) => void,
  lines: () => readonly string[],
): Footer {
  let wanted = false;
  let drawn = 0;
  let held: string[] | null = null;

  const erase = () => {
    const text = drawn > 0 ? `\r\u001b[${drawn}A\u001b[J` : '';
    drawn = 0;
    return text;
  };
  const draw = () => {
    if (!wanted) return '';
    const shown = lines();
    drawn = shown.length;
    return shown.map((line) => `${line}\n`).join('');
  };
  return {
    write(line) {
      if (held) {
        held.push(line);
        if (held.length > MOST_HELD) held.shift();
        return;
      }
      // In one piece: between two writes the footer would be seen to flicker.
      write(`${erase()}${line}\n${draw()}`);
    },
    show() {
      wanted = true;
      if (!held) write(erase() + draw());
    },
    hide() {
      wanted = false;
      if (!held) write(erase());
    },
    clear() {
      drawn = 0;
      write(CLEAR + draw());
    },
    hold() {
      if (held) return;
      write(erase());
      held = [];
    },
    resume() {
      const kept = held ?? [];
      held = null;
      write(`${erase()}${kept.map((line) => `${line}\n`).join('')}${draw()}`);
    },
  };
}
