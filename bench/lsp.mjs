/**
 * How soon an editor has the findings: from the start of `zerogpu lsp` to the first diagnostics, and from
 * a keystroke to the diagnostics of that text, over a Space of 30 Python files that import each other.
 *
 * Usage: node bench/lsp.mjs [--starts 5] [--keys 200] [--json] [--prof DIR]
 *
 * On a busy machine the processor times tell more: they do not count what others use.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' },
    keys: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
    prof: { type: 'string' },
  },
});
const FILES = 30;
const profiling = values.prof ? ['--cpu-prof', `--cpu-prof-dir=${values.prof}`] : [];
const folder = mkdtempSync(join(tmpdir(), 'zerogpu-bench-lsp-'));
const uri = (name) => pathToFileURL(join(folder, name)).href;

/** A file of about 5 kB, as those of a Space: functions with torch in them, and imports of others. */
function moduleText(index) {
  const functions = Array.from(
    { length: 12 },
    (_, n) => `
def step_${n}(image, strength=0.5, seed=${n}):
    """Moves the image one step on."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(image.shape, generator=generator)
    if strength > ${n / 12}:
        image = image * (1 - strength) + noise * strength
    for channel in range(3):
        image[channel] = image[channel].clamp(0, 1)
    return image
`,
  );
  const next = index + 1 < FILES - 1 ? `from lib import m${index + 1}\n` : '';
  return `import torch\nimport numpy as np\n${next}\n${functions.join('\n')}`;
}

mkdirSync(join(folder, 'lib'));
for (let i = 0; i < FILES - 1; i += 1) writeFileSync(join(folder, `lib/m${i}.py`), moduleText(i));
writeFileSync(join(folder, 'README.md'), '---\nsdk: gradio\nsdk_version: 6.1.0\n---\n');
writeFileSync(join(folder, 'requirements.txt'), 'torch==2.8.0\n');
writeFileSync(
  join(folder, 'app.py'),
  `import gradio as gr
import spaces
import torch
from lib import m0

model = torch.nn.Linear(2, 2).to("cuda")


@spaces.GPU(duration=30)
def run(x):
    return model(m0.step_0(x)).tolist()


gr.Interface(run, "text", "text").launch(share=True)
`,
);

async function start() {
  const startMs = performance.now();
  const bin = join(import.meta.dirname, '../bin/zerogpu.js');
  const env = { ...process.env, HOME: folder };
  const child = spawn(process.execPath, [...profiling, bin, 'lsp'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  let told = () => {};
  connection.onNotification('textDocument/publishDiagnostics', (params) => told(params));
  connection.listen();
  const answer = (version) =>
    new Promise((done) => {
      told = (params) => {
        if (params.uri === uri('app.py') && params.version === version) done(performance.now());
      };
    });
  const rootUri = pathToFileURL(folder).href;
  await connection.sendRequest('initialize', { processId: null, rootUri, capabilities: {} });
  await connection.sendNotification('initialized', {});
  const text = readFileSync(join(folder, 'app.py'), 'utf8');
  const first = answer(1);
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri: uri('app.py'), languageId: 'python', version: 1, text },
  });
  const firstMs = (await first) - startMs;
  const firstCpuMs = mainThreadMs(child.pid);
  return { child, connection, answer, firstMs, firstCpuMs, text };
}

async function stop({ child, connection }) {
  const ended = new Promise((done) => child.on('close', done));
  await connection.sendRequest('shutdown');
  await connection.sendNotification('exit');
  await ended;
  connection.dispose();
}

const at = (list, part) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * part)];
const firsts = [];
const firstsCpu = [];
for (let i = 0; i < Number(values.starts); i += 1) {
  const server = await start();
  firsts.push(server.firstMs);
  firstsCpu.push(server.firstCpuMs);
  await stop(server);
}

const server = await start();
const line = server.text.split('\n').indexOf('def run(x):');
const keys = [];
const cpu = [];
const typed = '    y = torch.zeros(3)\n';
for (let i = 0; i < Number(values.keys); i += 1) {
  const version = i + 2;
  const column = i % typed.length;
  const position =
    column === 0 ? { line: line + 1, character: 0 } : { line: line + 1, character: column };
  const sentMs = performance.now();
  const answered = server.answer(version);
  await server.connection.sendNotification('textDocument/didChange', {
    textDocument: { uri: uri('app.py'), version },
    contentChanges: [{ range: { start: position, end: position }, text: typed[column] }],
  });
  keys.push((await answered) - sentMs);
  cpu.push(mainThreadMs(server.child.pid));
}
const memoryMb =
  Number(
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1] ?? 0,
  ) / 1024;
await stop(server);
rmSync(folder, { recursive: true, force: true });

/**
 * Processor time of the server's main thread, in milliseconds (kernel, Documentation/scheduler/sched-stats.rst):
 * what an editor waits for where nothing else runs, beside the wait for the next key.
 */
function mainThreadMs(pid) {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

const keyCpu = cpu.slice(1).map((value, index) => value - cpu[index]);
const result = {
  files: FILES,
  firstMs: { p50: at(firsts, 0.5), max: Math.max(...firsts) },
  firstCpuMs: at(firstsCpu, 0.5),
  keyMs: { p50: at(keys, 0.5), p95: at(keys, 0.95) },
  keyCpuMs: { p50: at(keyCpu, 0.5), p95: at(keyCpu, 0.95) },
  memoryMb,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  const ms = (value) => `${value.toFixed(0)} ms`;
  process.stdout.write(`Space of ${FILES} files
first diagnostics after start   p50 ${ms(result.firstMs.p50)}, max ${ms(result.firstMs.max)}
  processor time of that        p50 ${ms(result.firstCpuMs)}
keystroke to diagnostics        p50 ${ms(result.keyMs.p50)}, p95 ${ms(result.keyMs.p95)}
  processor time of that        p50 ${ms(result.keyCpuMs.p50)}, p95 ${ms(result.keyCpuMs.p95)}
memory after ${values.keys} keystrokes     ${result.memoryMb.toFixed(0)} MB
`);
}
