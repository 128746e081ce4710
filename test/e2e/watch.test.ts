/** `zerogpu run --watch` with a real Space: what is saved is what answers. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { chromiumPath, startChromium } from '../support/e2e/chromium.js';
import {
  type RunEvent,
  runToEnd,
  type StartedRun,
  startRun,
  testPython,
} from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';
import { temporaryFolder } from '../support/supervise.js';

/** It answers with how many of its imports were done ahead (zerogpu_imports.py). */
const app = (answer: string) => `import sys

import gradio as gr
import spaces

AHEAD = len(sys.meta_path[0]._ahead.groups)


@spaces.GPU(duration=10)
def answer() -> str:
    return "${answer}" + (", imported ahead" if AHEAD else "")


with gr.Blocks() as demo:
    gr.Markdown("# It answers ${answer}")
    gr.Button("go").click(answer, None, gr.Textbox(), api_name="answer")
demo.launch()
`;

/** No Gradio: threads, a child that forks once more and a second port, all at import. */
const RESTLESS = `import http.server, os, socket, subprocess, threading, time
# 0
second = socket.create_server(("127.0.0.1", 0))
for _ in range(5):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
subprocess.Popen(["sleep", "600"], start_new_session=True)
http.server.ThreadingHTTPServer(
    ("127.0.0.1", int(os.environ["GRADIO_SERVER_PORT"])), http.server.SimpleHTTPRequestHandler
).serve_forever()
`;

/** In a row; a release is tried with 50. */
const RESTARTS = Number(process.env['ZEROGPU_RESTARTS'] ?? 8);

const README = '---\nsdk: gradio\napp_file: app.py\n---\n';

function makeSpace(files: Readonly<Record<string, string>>) {
  const dir = join(temporaryFolder(), 'space');
  mkdirSync(dir);
  const put = (file: string, text: string) => writeFileSync(join(dir, file), text);
  put('README.md', README);
  for (const [file, text] of Object.entries(files)) put(file, text);
  return { dir, put };
}

/** Waits for the restart after a change. */
async function restarted(run: StartedRun, change: () => void): Promise<void> {
  const before = run.events.length;
  change();
  await run.waitFor((event) => event.event === 'ready' && run.events.indexOf(event) >= before);
}

const saying = (text: string) => (event: RunEvent) => String(event['message']).includes(text);

describe('run --watch', () => {
  const visitors = startVisitors();
  afterAll(() => visitors.close());

  it('restarts what changed; what does not start is shown, and the page comes back by itself', async () => {
    const { dir, put } = makeSpace({ 'app.py': app('one') });
    const run = await startRun(dir, ['--watch']);
    const browser = chromiumPath ? await startChromium() : null;
    const ask = async () =>
      (await visitors.call(run.url, '/answer', [], { token: 'pro:ada' })).value;
    try {
      expect(await ask()).toBe('one');
      await restarted(run, () => put('app.py', app('two')));
      expect(await ask()).toBe('two, imported ahead');

      put('app.py', 'def broken(:\n');
      await run.waitFor(saying('fix it and save'));
      const plain = await fetch(run.url);
      expect([plain.status, await plain.text()]).toEqual([
        503,
        'The app ended with code 1 before it answered.\n',
      ]);
      const page = await browser?.newPage();
      await page?.goto(run.url);
      await page?.getByRole('heading', { name: 'ended with code 1' }).waitFor();
      const html = await fetch(run.url, { headers: { accept: 'text/html' } });
      expect(await html.text()).toContain('SyntaxError');
      // The missing module may come as a file of its own: nothing of the Space runs that could write it.
      put('app.py', `import helper\n${app('three')}`);
      await run.waitFor(saying("No module named 'helper'"));
      await restarted(run, () => put('helper.py', ''));
      await page?.getByRole('heading', { name: 'It answers three' }).waitFor({ timeout: 60_000 });
      expect(await ask()).toBe('three');

      await restarted(run, () => {
        put('requirements.txt', '# nothing more\n');
        put('README.md', README.replace('app_file', 'title: Mine\napp_file'));
      });
      const said = run.events.map((event) => event['message']);
      expect(said).toContain('requirements.txt: the same packages, written otherwise');
      expect(said).toContain('README.md: title: none -> "Mine" (changes nothing here)');
      expect(run.events.filter(({ event }) => event === 'ended')).toHaveLength(3);
    } finally {
      await browser?.close();
      await run.stop();
    }
  }, 400_000);

  it.each([
    ['with the next app started ahead', []],
    ['without', ['--no-preload']],
  ])(
    `restarts a restless app ${RESTARTS} times, %s, and nothing is left of any`,
    async (_, flags) => {
      const { dir, put } = makeSpace({ 'app.py': RESTLESS });
      const run = await startRun(dir, ['--watch', '--allow-no-gpu-function', ...flags]);
      const counts = () => [processesIn(dir).length, listenersOf(dir)];
      try {
        // One restart first: what is started ahead is there from then on.
        await restarted(run, () => put('app.py', RESTLESS.replace('# 0', '# 1')));
        await vi.waitFor(
          () => expect(processesIn(dir)).toHaveLength(flags.length > 0 ? 5 : 8),
          30_000,
        );
        const before = counts();
        const open = descriptors(run.pid);
        for (let round = 2; round <= RESTARTS; round += 1) {
          await restarted(run, () => put('app.py', RESTLESS.replace('# 0', `# ${round}`)));
        }
        expect((await fetch(run.url)).status).toBe(200);
        await vi.waitFor(() => expect(counts()).toEqual(before), 30_000);
        expect(descriptors(run.pid)).toBeLessThanOrEqual(open + 2);
      } finally {
        await run.stop();
      }
      expect(processesIn(dir)).toEqual([]);
    },
    400_000,
  );

  it('waits for a fix when the first start fails, in the background too', async () => {
    const { dir, put } = makeSpace({ 'app.py': 'def broken(:\n' });
    const state = mkdtempSync(join(tmpdir(), 'zerogpu-watch-'));
    const zerogpu = (...args: readonly string[]) =>
      runToEnd(args, { ...process.env, ZEROGPU_STATE_DIR: state });
    try {
      const python = ['--python', testPython()];
      const started = await zerogpu('run', dir, '--watch', '-d', '--port', '0', ...python);
      expect(started).toMatchObject({ code: 1, stdout: '' });
      expect(started.stderr).toMatch(/SyntaxError[\s\S]*fix it and save/);
      put('app.py', app('fixed'));
      const waited = await zerogpu('wait', dir, '--timeout', '100s');
      expect(waited).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ready http/) });
      const called = await zerogpu('call', 'answer', '--space', dir);
      expect(called).toMatchObject({ code: 0, stdout: 'fixed\n' });
    } finally {
      await zerogpu('stop', '--all');
      rmSync(state, { recursive: true, force: true });
    }
  });
});

/** Processes whose current folder is that of the Space. */
const processesIn = (dir: string) =>
  readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && targetOf(`/proc/${pid}/cwd`) === dir);

/** Listening TCP sockets of these processes. */
function listenersOf(dir: string): number {
  const listening = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => `socket:[${fields[9]}]`),
  );
  const held = processesIn(dir).flatMap((pid) =>
    readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`)),
  );
  return new Set(held.filter((socket) => socket !== null && listening.includes(socket))).size;
}

/** Open files, sockets and pipes of a process. */
function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}
