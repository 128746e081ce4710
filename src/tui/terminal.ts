/** The other screen of a terminal: entered once, and left however the process ends. */
import { writeSync } from 'node:fs';

const ENTER = '\u001b[?1049h\u001b[H\u001b[2J\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

export interface AlternateScreen {
  leave(): void;
}

/** What the screen is written to; a terminal has a file descriptor. */
export interface ScreenStream {
  write(text: string): unknown;
  readonly fd?: number;
}

/**
 * Enters the alternate screen. Leaving is tied to the end of the process too, and written without
 * Node's queue: what is queued when a process crashes is lost.
 */
export function enterAlternateScreen(stream: ScreenStream): AlternateScreen {
  let inside = true;
  const leave = () => {
    if (!inside) return;
    inside = false;
    process.off('exit', leave);
    process.off('uncaughtExceptionMonitor', leave);
    if (stream.fd === undefined) {
      stream.write(LEAVE);
      return;
    }
    try {
      writeSync(stream.fd, LEAVE);
    } catch {
      // The terminal itself is gone.
    }
  };
  process.on('exit', leave);
  // Before the crash is printed: this screen vanishes, and the message with it.
  process.on('uncaughtExceptionMonitor', leave);
  stream.write(ENTER);
  return { leave };
}
