/** A real terminal for tests: tmux on a socket of its own, one session a test. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Null when tmux is here; else why the tests of the terminal can't run. */
export const noTerminal: string | null =
  spawnSync('tmux', ['-V']).status === 0 ? null : 'tmux is not installed';

/** Builds the player; beside node_modules, so that it finds what the sources import. */
export async function buildPlayer(): Promise<string> {
  const folder = join(ROOT, 'node_modules/.cache/zerogpu-test');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `play-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'play.tsx')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    jsx: 'automatic',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

export interface Terminal {
  /** Keys as tmux names them: `q`, `Down`, `C-c`. */
  keys(...keys: readonly string[]): void;
  resize(columns: number, rows: number): void;
  /** The screen as text, without blanks at the ends of lines. */
  screen(): string;
  /** With its colours. */
  colours(): string;
  /** Waits until the screen has the text, or fails with what it shows instead. */
  until(text: string | RegExp): Promise<string>;
  /** Whether the program is on the alternate screen, and whether the cursor can be seen. */
  flags(): { readonly alternate: boolean; readonly cursor: boolean };
  /** Whether what is typed is echoed, and lines are lines: the terminal is as shells want it. */
  cooked(): boolean;
  close(): void;
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** No screen depends on what a registry says. */
const QUIET = { ZEROGPU_NO_UPDATE_CHECK: '1' };

/** A shell without a profile in a terminal of that size; `$` is its prompt. */
export function openTerminal({ columns, rows, env = {} }: TerminalOptions): Terminal {
  const socket = join(mkdtempSync(join(tmpdir(), 'zerogpu-tmux-')), 's');
  const tmux = (...args: readonly string[]) =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  // CI would make Ink write one frame at the end only; this is a terminal, wherever it runs.
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(ZEROGPU_|INK_|CI$|CONTINUOUS_|NO_COLOR$|FORCE_COLOR$|TMUX)/.test(name),
  );
  const settings = {
    ...Object.fromEntries(kept),
    LANG: 'C.UTF-8',
    PS1: '$ ',
    ENV: '',
    ...QUIET,
    ...env,
  };
  execFileSync(
    'tmux',
    [
      '-S',
      socket,
      '-f',
      '/dev/null',
      '-u',
      'new-session',
      '-d',
      '-x',
      `${columns}`,
      '-y',
      `${rows}`,
      'sh',
    ],
    { cwd: ROOT, env: { ...settings, TERM: 'xterm-256color' } },
  );
  tmux('set', '-g', 'status', 'off');
  tmux('set', '-g', 'window-size', 'manual');
  tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`);

  const screen = () =>
    tmux('capture-pane', '-p')
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  return {
    keys: (...keys) => void tmux('send-keys', ...keys),
    resize: (x, y) => void tmux('resize-window', '-x', `${x}`, '-y', `${y}`),
    screen,
    colours: () => tmux('capture-pane', '-p', '-e'),
    async until(text) {
      for (let tries = 0; tries < 500; tries++) {
        const shown = screen();
        if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return shown;
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error(`the screen never showed ${text}; it shows:\n${screen()}`);
    },
    flags() {
      const [alternate, cursor] = tmux('display', '-p', '#{alternate_on} #{cursor_flag}')
        .trim()
        .split(' ');
      return { alternate: alternate === '1', cursor: cursor === '1' };
    },
    cooked() {
      const tty = tmux('display', '-p', '#{pane_tty}').trim();
      const state = execFileSync('stty', ['-F', tty, '-a'], { encoding: 'utf8' });
      return / icanon/.test(state) && / echo /.test(state);
    },
    close() {
      spawnSync('tmux', ['-S', socket, 'kill-server']);
    },
  };
}
