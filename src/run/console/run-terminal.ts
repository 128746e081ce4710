/** A run's terminal: keys come in one by one, and a box below the log names them. */
import type { Writable } from 'node:stream';
import { createFooter } from './footer.js';
import { HOTKEY_HELP, type Hotkey, hotkeyOf, keysBox } from './hotkeys.js';
import {
  createKeyboard,
  type JobControl,
  processJobControl,
  type TerminalInput,
} from './keyboard.js';

/** What the keys do; errors are logged as warnings. */
export interface HotkeyActions {
  open(): void | Promise<void>;
  /** @returns who a visitor is from now on */
  nextVisitor(): string;
  /** Shows quota and queue on another screen, until its user leaves it. */
  showQuota(): Promise<void>;
  forward(): Promise<void>;
  /** Opens the console in the browser. @returns a line that says so, or a link to follow */
  openConsole(): Promise<string>;
  /** Restarts the app. */
  restart(): Promise<void>;
  exit(): void;
  warn(message: string): void;
}

/** Keys that wait for the one before; whoever leans on the keyboard gets no more of them. */
const MOST_WAITING = 8;

export interface RunTerminal {
  /** Where the lines of the run go. */
  write(line: string): void;
  /** Lends the keyboard and the screen to a question; the log continues afterwards. */
  lend<T>(ask: () => Promise<T>): Promise<T>;
  /** Listens to keys until `stop`. */
  start(visitor: string, actions: HotkeyActions): void;
  stop(): void;
}

export interface TerminalOutput extends Writable {
  readonly columns?: number;
}

const DEFAULT_COLUMNS = 80;

export function createRunTerminal(
  stdin: TerminalInput,
  output: TerminalOutput,
  ascii: boolean,
  job: JobControl = processJobControl,
): RunTerminal {
  let visitor = '';
  let listening: { actions: HotkeyActions } | null = null;
  let busy = false;
  const waiting: Exclude<Hotkey, 'exit' | 'open'>[] = [];
  const footer = createFooter(
    (text) => void output.write(text),
    () => keysBox(visitor, output.columns ?? DEFAULT_COLUMNS, ascii),
  );

  // Without the keyboard the box is a lie, and its cursor codes would fall on a shell's prompt.
  const keyboard = createKeyboard(stdin, onKeys, (has) => (has ? showBox() : hideBox()), job);

  function onKeys(text: string): void {
    // Arrow keys and the like are one sequence, whose letters are not keys.
    if (text.startsWith('\u001b')) return;
    for (const key of text) {
      const hotkey = hotkeyOf(key);
      if (hotkey && listening) void press(hotkey, listening.actions);
    }
  }
  function showBox(): void {
    output.on('resize', footer.show);
    footer.show();
  }
  function hideBox(): void {
    output.off('resize', footer.show);
    footer.hide();
  }

  async function press(hotkey: Hotkey, actions: HotkeyActions): Promise<void> {
    // The way out is never blocked; everything else waits its turn.
    if (hotkey === 'exit') return actions.exit();
    // A browser may run for as long as it is looked at.
    if (hotkey === 'open') return attempt(actions, () => actions.open());
    if (waiting.length < MOST_WAITING) waiting.push(hotkey);
    if (busy) return;
    busy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const key = next;
      await attempt(actions, () => act(key, actions));
    }
    busy = false;
  }
  async function attempt(actions: HotkeyActions, what: () => void | Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      actions.warn(error instanceof Error ? error.message : String(error));
    }
  }
  async function act(
    hotkey: Exclude<Hotkey, 'exit' | 'open'>,
    actions: HotkeyActions,
  ): Promise<void> {
    switch (hotkey) {
      case 'visitor':
        visitor = actions.nextVisitor();
        return footer.show();
      case 'forward':
        await actions.forward();
        return footer.write('  quota time moved on by 1 hour');
      case 'console':
        // Not a line of the log: it may hold a link.
        return footer.write(`  ${await actions.openConsole()}`);
      case 'restart':
        return actions.restart();
      case 'clear':
        return footer.clear();
      case 'help':
        for (const [key, what] of HOTKEY_HELP) footer.write(`  ${key}  ${what}`);
        return;
      case 'quota':
        return lend(() => actions.showQuota());
    }
  }
  async function lend<T>(ask: () => Promise<T>): Promise<T> {
    if (!listening) return ask();
    footer.hold();
    keyboard.stop();
    try {
      return await ask();
    } finally {
      if (listening) keyboard.start();
      footer.resume();
    }
  }
  return {
    write: footer.write,
    lend,
    start(name, actions) {
      visitor = name;
      listening = { actions };
      keyboard.start();
    },
    stop() {
      if (!listening) return;
      listening = null;
      keyboard.stop();
    },
  };
}
