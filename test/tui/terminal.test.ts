/** The view in a real terminal: what a person sees, and what is left when it ends. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { findAllocators } from '../../src/allocator/client/index.js';
import { zerogpu } from '../support/cli.js';
import { temporaryFolder } from '../support/supervise.js';
import {
  buildPlayer,
  noTerminal,
  openTerminal,
  type Terminal,
  type TerminalOptions,
} from '../support/tui/terminal.js';

const ROOT = resolve(import.meta.dirname, '../..');
const screens = join(import.meta.dirname, 'screens');
let player = '';
let open: Terminal | null = null;

beforeAll(async () => {
  if (!noTerminal) player = await buildPlayer();
}, 60_000);
afterAll(() => rmSync(player, { force: true }));
afterEach(() => {
  open?.close();
  open = null;
});

function start(scene: string, options: Partial<TerminalOptions> = {}): Terminal {
  const terminal = openTerminal({
    columns: 80,
    rows: 24,
    ...options,
    env: { ZEROGPU_REDUCED_MOTION: '1', ...options.env },
  });
  open = terminal;
  terminal.keys(`node ${player} ${scene}`, 'Enter');
  return terminal;
}

/** An emulator of its own; it ends with the test. */
function serve(stateDir: string) {
  const args = ['bin/zerogpu.js', 'serve', '--fresh', '--state-dir', stateDir];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A frame reaches the terminal in several writes: a screen that is still being drawn gets time to become the file's. */
async function expectScreen(terminal: Terminal, name: string): Promise<void> {
  const file = join(screens, name);
  const expected = existsSync(file) ? readFileSync(file, 'utf8') : null;
  const shown = () => `${terminal.screen()}\n`;
  if (expected !== null) await vi.waitUntil(() => shown() === expected, 5_000).catch(() => null);
  await expect(shown()).toMatchFileSnapshot(file);
}

/** The shell's screen is back, with its cursor, and what is typed is seen. */
async function expectClean(terminal: Terminal): Promise<void> {
  await expect.poll(() => terminal.flags()).toEqual({ alternate: false, cursor: true });
  await expect.poll(() => terminal.cooked()).toBe(true);
  // What is typed before the shell's prompt is there may still go to the program that ends.
  await terminal.until(/^[#$]$/m);
  terminal.keys('echo cl""ean', 'Enter');
  await terminal.until(/^([#$] )?clean$/m);
  expect(terminal.screen()).not.toContain('Quota today');
}

// Said, not silent: the reason stands in the name of the skipped suite.
describe.skipIf(noTerminal !== null)(
  `a real terminal${noTerminal ? ` (${noTerminal})` : ''}`,
  {
    timeout: 90_000,
  },
  () => {
    it.each([
      ['busy', 80, 24],
      ['busy', 200, 50],
      ['busy', 40, 20],
      ['many', 80, 24],
      ['many', 200, 50],
      ['empty', 80, 24],
      ['one', 40, 20],
    ])('shows %s at %i x %i', async (scene, columns, rows) => {
      const terminal = start(scene, { columns, rows });
      await terminal.until('live');
      await expectScreen(terminal, `${scene}-${columns}x${rows}.txt`);
    });

    it('redraws at every size, and leaves nothing of the old one', async () => {
      const terminal = start('busy', { columns: 200, rows: 50 });
      await terminal.until('live');
      terminal.resize(30, 10);
      await terminal.until('This terminal is 30 x 10');
      terminal.resize(80, 24);
      await terminal.until('? help  q');
      await expectScreen(terminal, 'busy-80x24.txt');
    });

    it('colours what it says in words, and not under NO_COLOR', async () => {
      const coloured = start('busy');
      await coloured.until('refused');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a colour is
      expect(coloured.colours()).toMatch(/\u001b\[33m +41s/);
      coloured.close();
      const plain = start('busy', { env: { NO_COLOR: '1' } });
      await plain.until('refused');
      expect(plain.colours()).not.toContain('\u001b[3');
    });

    it.each([
      ['q', ['q'], 'left with 0'],
      ['Ctrl-C', ['C-c'], 'left with 0'],
    ])('%s leaves the terminal as it was', async (_name, keys, said) => {
      const terminal = start('busy');
      await terminal.until('live');
      expect(terminal.flags()).toEqual({ alternate: true, cursor: false });
      terminal.keys(...keys);
      await terminal.until(said);
      await expectClean(terminal);
    });

    it.each(['SIGTERM', 'SIGHUP'])('%s leaves the terminal as it was', async (signal) => {
      const terminal = start(signal);
      await terminal.until('live');
      await terminal.until('left with 0');
      await expectClean(terminal);
    });

    it('a crash leaves the terminal as it was, and says what happened', async () => {
      const terminal = start('crash');
      await terminal.until('a bug that was not caught');
      await expectClean(terminal);
    });

    it('outlives its emulator, however that ends, and finds the next one', async () => {
      // Builds dist when it is not there.
      await zerogpu(['--version']);
      const state = temporaryFolder();
      const first = serve(state);
      await expect.poll(() => findAllocators(state), { timeout: 20_000 }).toHaveLength(1);
      const terminal = openTerminal({ columns: 80, rows: 24 });
      open = terminal;
      terminal.keys(`node bin/zerogpu.js quota --state-dir ${state}`, 'Enter');
      await terminal.until('no call waits');
      first.kill('SIGKILL');
      await terminal.until('no answer since');
      serve(state);
      await terminal.until('emulator restarted');
      terminal.keys('q');
      await expectClean(terminal);
    });
  },
);
