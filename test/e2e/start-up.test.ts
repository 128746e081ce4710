/** Which apps the platform starts, and which it stops for want of a GPU function: with the real packages. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fixture, runToEnd, startRun, testPython } from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function spaceOf(app: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-start-'));
  folders.push(folder);
  writeFileSync(join(folder, 'README.md'), '---\nsdk: gradio\napp_file: app.py\n---\n');
  writeFileSync(join(folder, 'app.py'), app);
  return folder;
}

const start = (app: string) =>
  runToEnd([
    ...['run', spaceOf(app), '--python', testPython(), '--port', '0'],
    ...['--state-dir', join(spaceOf(''), 'state'), '--log-format', 'text'],
  ]);

const INTERFACE = `
demo = gr.Interface(run, gr.Text(), gr.Text(), api_name="run")
`;
const MOUNTED = `
import spaces
import gradio as gr
import uvicorn, os
from fastapi import FastAPI

@spaces.GPU(duration=15)
def run(text):
    return text + "!"
${INTERFACE}
app = gr.mount_gradio_app(FastAPI(), demo, path="/")
`;
const SERVE = 'uvicorn.run(app, host="0.0.0.0", port=7860)\n';

describe('no start-up report, no Space', () => {
  it.concurrent.each([
    [
      'an app that mounts Gradio and never calls launch()',
      MOUNTED + SERVE,
      '1 function is decorated',
      'spaces.zero.startup()',
    ],
    [
      'an app that imports spaces and decorates nothing',
      `import spaces\nimport gradio as gr\ndef run(text): return text\n${INTERFACE}demo.launch()\n`,
      'no function was decorated',
      'decorate a function',
    ],
    [
      'an app that decorates in each request',
      `import spaces\nimport gradio as gr\ndef run(text): return spaces.GPU(lambda: text)()\n${INTERFACE}demo.launch()\n`,
      'no function was decorated',
      'decorate a function',
    ],
    [
      'an app that never imports spaces',
      `import gradio as gr\ndef run(text): return text\n${INTERFACE}demo.launch()\n`,
      'no function was decorated',
      'decorate a function',
    ],
  ])('%s', async (_, app, why, fix) => {
    const { code, stdout, stderr } = await start(app);
    expect(stderr).toContain('E_NO_GPU_FUNCTION');
    expect(stderr).toContain('No @spaces.GPU function detected during startup');
    expect(stderr).toContain(why);
    expect(stderr).toContain(fix);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('a mounted app that calls startup() itself serves, and its calls have their names', async () => {
    const app = `${MOUNTED}from spaces import zero\nzero.startup()\n${SERVE}`;
    const run = await startRun(spaceOf(app));
    const visitors = startVisitors();
    try {
      expect((await visitors.call(run.url, '/run', ['a'], { token: 'pro' })).value).toBe('a!');
      await run.waitFor(({ event, function: name }) => event === 'granted' && name === 'run');
    } finally {
      visitors.close();
      await run.stop();
    }
  });

  it('a middleware that the server installs reports the start, without the launch() of spaces', async () => {
    const run = await startRun(fixture('gradio-middleware'));
    const visitors = startVisitors();
    try {
      // Ready without a warning: the allocator has the report.
      expect(run.events.filter(({ event }) => event === 'warning')).toEqual([]);
      expect((await visitors.call(run.url, '/total', [2], { token: 'pro' })).value).toBe(6);
      await run.waitFor(({ event, function: name }) => event === 'granted' && name === 'total');
    } finally {
      visitors.close();
      await run.stop();
    }
  });

  it('--allow-no-gpu-function serves it, and says what the platform does', async () => {
    const app = `import gradio as gr\ndef run(text): return text + "!"\n${INTERFACE}demo.launch()\n`;
    const run = await startRun(spaceOf(app), ['--allow-no-gpu-function']);
    const visitors = startVisitors();
    try {
      const warning = run.events.find(({ event }) => event === 'warning');
      expect(warning?.['message']).toContain('No @spaces.GPU function detected during startup');
      expect((await visitors.call(run.url, '/run', ['a'], {})).value).toBe('a!');
    } finally {
      visitors.close();
      await run.stop();
    }
  });
});

describe('names of functions', () => {
  it('are there from the first line, while the app computes without a pause', async () => {
    const app = `
import threading
import spaces
import gradio as gr

@spaces.GPU(duration=15)
def generate(text):
    return text + "!"

def busy():
    while True:
        pass

demo = gr.Interface(generate, gr.Text(), gr.Text(), api_name="run")
demo.launch(prevent_thread_lock=True)
for _ in range(4):
    threading.Thread(target=busy, daemon=True).start()
demo.block_thread()
`;
    const run = await startRun(spaceOf(app));
    const visitors = startVisitors();
    try {
      const { value, error } = await visitors.call(run.url, '/run', ['a'], { token: 'pro' });
      expect(value ?? error).toBe('a!');
      const calls = run.events.filter(({ event }) => event === 'granted' || event === 'ended');
      expect(new Set(calls.map((call) => call['function']))).toEqual(new Set(['generate']));
    } finally {
      visitors.close();
      await run.stop();
    }
  });
});
