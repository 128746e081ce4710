/** A run in the background of a real shell: it serves, leaves the terminal alone, and takes keys after `fg`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testPython } from '../support/e2e/space.js';
import { temporaryFolder } from '../support/supervise.js';
import { noTerminal, openTerminal } from '../support/tui/terminal.js';

const APP = `
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here")
    def log_message(self, *args):
        pass
HTTPServer(("127.0.0.1", int(os.environ["GRADIO_SERVER_PORT"])), Handler).serve_forever()
`;

function open() {
  const space = temporaryFolder();
  writeFileSync(join(space, 'app.py'), APP);
  const terminal = openTerminal({ columns: 100, rows: 40 });
  const state = join(temporaryFolder(), 'state');
  const run = `node bin/zerogpu.js run ${space} --python ${testPython()} --state-dir ${state} --port 0 --allow-no-gpu-function`;
  return { terminal, run };
}

describe.skipIf(noTerminal !== null)(`a job${noTerminal ? ` (${noTerminal})` : ''}`, () => {
  it('started with & serves, and has its keys after fg', async () => {
    const { terminal, run } = open();
    try {
      terminal.keys(`${run} &`, 'Enter');
      const ready = await terminal.until(/ready http:\/\/127[\d.]+:\d+/);
      const url = /ready (http:\/\/127[\d.]+:\d+)/.exec(ready)?.[1] ?? '';
      expect(await (await fetch(url)).text()).toBe('here');
      terminal.keys('jobs; echo typed', 'Enter');
      const shown = await terminal.until(/^typed$/m);
      expect(shown).toMatch(/Running/);
      expect(shown).not.toMatch(/Stopped|x exit/);

      terminal.keys('fg', 'Enter');
      await terminal.until('x exit');
      terminal.keys('C-z');
      await terminal.until('Stopped');
      expect(terminal.cooked()).toBe(true);
      terminal.keys('clear; bg', 'Enter');
      await terminal.until('[1] node');
      terminal.keys('clear; jobs', 'Enter');
      await terminal.until('Running');
      expect(await (await fetch(url)).text()).toBe('here');
      terminal.keys('clear; fg', 'Enter');
      await terminal.until('x exit');
      terminal.keys('x');
      await terminal.until('Stopping (SIGINT)');
      terminal.keys('echo "code $?"', 'Enter');
      await terminal.until(/code \d/);
      expect(terminal.screen()).toContain('code 0');
      expect(terminal.cooked()).toBe(true);
    } finally {
      terminal.close();
    }
  });

  it('ended by a signal in the background ends, and leaves the terminal as the shell has it', async () => {
    const { terminal, run } = open();
    try {
      terminal.keys(run, 'Enter');
      await terminal.until('x exit');
      terminal.keys('C-z');
      await terminal.until('Stopped');
      terminal.keys('bg', 'Enter');
      await terminal.until('bg');
      terminal.keys('clear; kill %1', 'Enter');
      await terminal.until('Stopping (SIGTERM)');
      terminal.keys('wait %1; echo "code $?"', 'Enter');
      await terminal.until(/code \d/);
      terminal.keys('clear; jobs; echo over', 'Enter');
      await terminal.until(/^over$/m);
      expect(terminal.screen()).not.toContain('Stopped');
      expect(terminal.cooked()).toBe(true);
    } finally {
      terminal.close();
    }
  });
});
