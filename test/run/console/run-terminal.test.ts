import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createFooter } from '../../../src/run/console/footer.js';
import { HOTKEY_HELP, hotkeyOf, keysBox } from '../../../src/run/console/hotkeys.js';
import { createRunTerminal, type HotkeyActions } from '../../../src/run/console/run-terminal.js';

/** What a terminal shows of it: it knows the four codes that the footer writes. */
function screenOf(written: string): readonly string[] {
  let lines: string[] = [''];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of a terminal
  for (const part of written.match(/\u001b\[\d*[A-Z]|\n|\r|[^\u001b\n\r]+/g) ?? []) {
    const last = lines.length - 1;
    if (part === '\n') lines.push('');
    else if (part === '\u001b[2J') lines = [''];
    else if (part.endsWith('A') && part.startsWith('\u001b')) {
      lines = lines.slice(0, last - Number(/\d+/.exec(part)?.[0]) + 1);
      lines[lines.length - 1] = '';
    } else if (!part.startsWith('\u001b') && part !== '\r') lines[last] += part;
  }
  return lines.slice(0, -1);
}

describe('the footer', () => {
  function footer() {
    let written = '';
    let box = ['[keys]'];
    const one = createFooter(
      (text) => {
        written += text;
      },
      () => box,
    );
    return { ...one, screen: () => screenOf(written), change: (lines: string[]) => (box = lines) };
  }

  it('stays below the log', () => {
    const { write, show, screen, change } = footer();
    write('first');
    show();
    write('second');
    expect(screen()).toEqual(['first', 'second', '[keys]']);
    change(['[', ']']);
    write('third');
    show();
    expect(screen()).toEqual(['first', 'second', 'third', '[', ']']);
  });

  it('goes without a trace', () => {
    const { write, show, hide, screen } = footer();
    show();
    write('one');
    hide();
    write('two');
    expect(screen()).toEqual(['one', 'two']);
  });

  it('keeps the log back while another screen is shown, and loses nothing', () => {
    const { write, show, hold, resume, screen } = footer();
    show();
    write('one');
    hold();
    write('two');
    write('three');
    expect(screen()).toEqual(['one']);
    resume();
    expect(screen()).toEqual(['one', 'two', 'three', '[keys]']);
  });

  it('is there again after the screen was cleared', () => {
    const { write, show, clear, screen } = footer();
    write('one');
    show();
    clear();
    write('two');
    expect(screen()).toEqual(['two', '[keys]']);
  });
});

describe('the box of keys', () => {
  it.each([20, 40, 60, 80, 200])('is narrower than a terminal of %i columns', (columns) => {
    for (const ascii of [true, false]) {
      const lines = keysBox('free:ada', columns, ascii);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
      expect(lines.join()).toContain('? keys  x exit');
      if (ascii) expect(lines.join()).toMatch(/^[ -~]+$/);
    }
  });

  it('names only keys that do something', () => {
    for (const [key] of HOTKEY_HELP) expect(hotkeyOf(key)).toBeDefined();
    expect(hotkeyOf('z')).toBeUndefined();
  });
});

describe('the terminal of a run', () => {
  function start(change: Partial<HotkeyActions> = {}, foreground = true) {
    const stdin = Object.assign(new PassThrough(), {
      raw: false,
      /** How often the mode was set. */
      set: 0,
      setRawMode(raw: boolean) {
        stdin.raw = raw;
        stdin.set += 1;
      },
    });
    const output = Object.assign(new PassThrough(), { columns: 80 });
    let written = '';
    output.on('data', (data) => {
      written += String(data);
    });
    const did: string[] = [];
    const shell = { foreground, stops: 0, goOn: () => {} };
    const terminal = createRunTerminal(stdin, output, false, {
      isInForeground: () => shell.foreground,
      stop: () => void shell.stops++,
      onContinued(callback) {
        shell.goOn = callback;
        return () => {};
      },
    });
    terminal.start('anonymous', {
      open: () => void did.push('open'),
      nextVisitor: () => 'free',
      showQuota: async () => void did.push(`quota, raw ${stdin.raw}`),
      openConsole: async () => {
        did.push('console');
        return 'console: LINK';
      },
      forward: async () => void did.push('forward'),
      restart: async () => void did.push('restart'),
      exit: () => void did.push('exit'),
      warn: (message) => void did.push(`warn ${message}`),
      ...change,
    });
    const press = async (keys: string) => {
      stdin.write(keys);
      await new Promise((done) => setTimeout(done, 5));
    };
    return { terminal, stdin, shell, did, press, screen: () => screenOf(written).join('\n') };
  }

  it('reads key by key, and gives the keyboard back', async () => {
    const { terminal, stdin, did, press, screen } = start();
    expect(stdin.raw).toBe(true);
    expect(screen()).toContain('u visitor: anonymous');
    await press('o');
    await press('f');
    await press('r');
    expect(did).toEqual(['open', 'forward', 'restart']);
    expect(screen()).toContain('quota time moved on by 1 hour');
    terminal.stop();
    terminal.stop();
    expect(stdin.raw).toBe(false);
    expect(screen()).not.toContain('visitor');
    await press('o');
    expect(did).toHaveLength(3);
  });

  it('loses no key while another is under way, and waits for no browser', async () => {
    let isMoved: () => void = () => {};
    const moving = new Promise<void>((resolve) => {
      isMoved = resolve;
    });
    const { press, did, screen } = start({
      open: () => new Promise(() => {}),
      forward: () => moving,
    });
    await press('ofr');
    await press('u');
    expect(did).toEqual([]);
    isMoved();
    await expect.poll(() => did).toEqual(['restart']);
    expect(screen()).toContain('u visitor: free ');
  });

  it('says who visits now, and what the keys are', async () => {
    const { press, screen } = start();
    await press('u');
    expect(screen()).toContain('u visitor: free ');
    expect(screen()).not.toContain('anonymous');
    await press('?');
    expect(screen()).toContain('  f  move quota time on by one hour');
  });

  it('gives the keyboard to the quota view, and takes it back', async () => {
    const { terminal, stdin, press, did, screen } = start();
    await press('v');
    expect(did).toEqual(['quota, raw false']);
    expect(stdin.raw).toBe(true);
    terminal.write('after');
    expect(screen()).toContain('after\n╭');
  });

  it('tells what a key could not do', async () => {
    const { press, did } = start({ forward: () => Promise.reject(new Error('it is gone')) });
    await press('f');
    expect(did).toEqual(['warn it is gone']);
  });

  it('ends by x, q and Ctrl-C, whatever else is under way; arrows are no letters', async () => {
    const { press, did } = start({ forward: () => new Promise(() => {}) });
    await press('f');
    await press('\u001b[C');
    await press('r');
    await press('x');
    await press('q');
    await press('\u0003');
    expect(did).toEqual(['exit', 'exit', 'exit']);
  });

  it('in the background reads no key, sets nothing and draws no box, until it is in the foreground', async () => {
    const { terminal, stdin, shell, did, press, screen } = start({}, false);
    await press('o');
    terminal.write('a line');
    expect(screen()).toBe('a line');
    shell.foreground = true;
    // A shell's `fg` of a job that runs sends no signal.
    await expect.poll(() => stdin.raw).toBe(true);
    expect(screen()).toContain('x exit');
    await press('f');
    expect(did).toContain('forward');
    shell.foreground = false;
    const sets = stdin.set;
    await expect.poll(screen).not.toContain('x exit');
    terminal.stop();
    expect(stdin.set).toBe(sets);
  });

  it('Ctrl-Z gives the terminal back and stops the job; the box is back when it continues', async () => {
    const { terminal, stdin, shell, press, screen } = start();
    await press('\u001a');
    expect(shell.stops).toBe(1);
    expect(stdin.raw).toBe(false);
    expect(screen()).not.toContain('x exit');
    shell.goOn();
    expect(stdin.raw).toBe(true);
    expect(screen()).toContain('x exit');
    shell.foreground = false;
    shell.goOn();
    expect(screen()).not.toContain('x exit');
    terminal.stop();
  });
});
