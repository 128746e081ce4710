/** The keys of `zerogpu run`, pressed in a real terminal while a real Space serves. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { testPython } from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';
import { temporaryFolder } from '../support/supervise.js';
import { noTerminal, openTerminal } from '../support/tui/terminal.js';

const app = (answer: string) => `import gradio as gr
import spaces


@spaces.GPU(duration=10)
def answer() -> str:
    return "${answer}"


with gr.Blocks() as demo:
    gr.Button("go").click(answer, None, gr.Textbox(), api_name="answer")
demo.launch()
`;

describe.skipIf(noTerminal !== null)(`keys${noTerminal ? ` (${noTerminal})` : ''}`, () => {
  const visitors = startVisitors();
  afterAll(() => visitors.close());

  it('open, visit, show, forward, restart, fix, clear, explain and end', async () => {
    const folder = temporaryFolder();
    const space = join(folder, 'space');
    const opened = join(folder, 'opened');
    mkdirSync(join(folder, 'bin'));
    mkdirSync(space);
    writeFileSync(join(space, 'README.md'), '---\nsdk: gradio\napp_file: app.py\n---\n');
    writeFileSync(join(space, 'app.py'), app('one'));
    for (const name of ['xdg-open', 'open']) {
      const browser = join(folder, 'bin', name);
      writeFileSync(browser, `#!/bin/sh\necho "$1" > ${opened}\n`);
      chmodSync(browser, 0o755);
    }
    const terminal = openTerminal({
      ...{ columns: 100, rows: 40 },
      env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, ZEROGPU_REDUCED_MOTION: '1' },
    });
    try {
      const state = join(folder, 'state');
      terminal.keys(
        `node bin/zerogpu.js run ${space} --python ${testPython()} --state-dir ${state} --port 0; echo "code $?"`,
        'Enter',
      );
      const ready = await terminal.until(/ready.*http:\/\/127[\d.]+:\d+[\s\S]*x exit/i);
      const url = /http:\/\/127[\d.]+:\d+/.exec(ready)?.[0] ?? '';
      const ask = async () => (await visitors.call(url, '/answer', [])).value;

      terminal.keys('o');
      await expect.poll(() => existsSync(opened) && readFileSync(opened, 'utf8')).toContain(url);
      terminal.keys('u');
      await terminal.until('visitor: free');
      expect(await ask()).toBe('one');
      await terminal.until(/answer.*free/);

      terminal.keys('v');
      await terminal.until('Quota today');
      expect(terminal.flags().alternate).toBe(true);
      terminal.keys('q');
      await expect.poll(() => terminal.flags().alternate).toBe(false);
      terminal.keys('f');
      await terminal.until('quota time moved on by 1 hour');

      writeFileSync(join(space, 'app.py'), app('two'));
      terminal.keys('r');
      await terminal.until('restarting the app');
      await terminal.until(/restarting[\s\S]*ready/i);
      expect(await ask()).toBe('two');

      terminal.keys('c');
      await expect.poll(() => terminal.screen()).not.toContain('restarting');
      writeFileSync(join(space, 'app.py'), 'def broken(:\n');
      terminal.keys('r');
      await terminal.until('press r again');
      terminal.keys('c');
      writeFileSync(join(space, 'app.py'), app('three'));
      terminal.keys('r');
      await terminal.until(/restarting[\s\S]*ready/i);
      expect(await ask()).toBe('three');

      terminal.keys('?');
      await terminal.until('restart the app with the code as it is now');
      terminal.keys('x');
      const end = await terminal.until('code 0');
      // The table of declared and used seconds knows the calls of all three apps.
      expect(end).toMatch(/answer\s+3\b/);
      expect(end).not.toContain('x exit');
      expect(terminal.flags()).toEqual({ alternate: false, cursor: true });
      expect(terminal.cooked()).toBe(true);
    } finally {
      terminal.close();
    }
  });
});
