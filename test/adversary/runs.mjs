/**
 * A run in odd circumstances, drawn from a seed: on any address of 127/8 (its own page has to open, a foreign
 * name may not), with `--events` to a pipe that is never read, beside a run in another PID namespace that shares
 * its state folder, and workers of a `serve` that are stopped (SIGSTOP) beyond their deadline.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=5 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/runs.mjs
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  conclude,
  exported,
  ROUNDS,
  randomNumbers,
  registerSpace,
  SEED,
  say,
  secretOf,
  signToken,
  startServe,
  wire,
} from './host.mjs';

const CLI = resolve(import.meta.dirname, '../../bin/zerogpu.js');
const PYTHON = process.env.ZEROGPU_TEST_PYTHON ?? 'python3';
const READY_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 20_000;
const draw = randomNumbers(SEED);
const pick = (list) => list[Math.floor(draw() * list.length)];
const wrong = [];
const base = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));
const space = join(base, 'space');
mkdirSync(space);
writeFileSync(
  join(space, 'app.py'),
  `import os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here")
    def log_message(self, *args): pass
HTTPServer(("127.0.0.1", int(os.environ["GRADIO_SERVER_PORT"])), Handler).serve_forever()
`,
);

const argumentsOf = (state, args) => {
  const flags = ['--python', PYTHON, '--port', '0', '--allow-no-gpu-function'];
  return [CLI, 'run', space, ...flags, '--state-dir', state, ...args];
};

async function startRun(state, args) {
  const child = spawn(process.execPath, argumentsOf(state, args), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
  const ended = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
  const giveUp = performance.now() + READY_WITHIN_MS;
  let url;
  while (!url && child.exitCode === null && performance.now() < giveUp) {
    url = /ready (http:\S+)/.exec(said)?.[1];
    await sleep(50);
  }
  return { child, ended, url, said: () => said };
}

/** @returns how it ended, or null when it did not */
async function end(run, signal) {
  run.child.kill(signal);
  const code = await Promise.race([run.ended, sleep(ENDS_WITHIN_MS).then(() => null)]);
  if (code === null) run.child.kill('SIGKILL');
  return code;
}

function get(url, headers = {}) {
  return new Promise((done) => {
    const asked = request(url, { headers }, (response) => {
      response.resume();
      response.once('end', () => done(response.statusCode));
    });
    asked.once('error', (error) => done(error.code));
    asked.end();
  });
}

async function addresses(state) {
  const number = () => 1 + Math.floor(draw() * 254);
  const host = pick([`127.${number()}.${number()}.${number()}`, 'localhost', '127.0.0.1']);
  const run = await startRun(state, ['--host', host]);
  if (!run.url) return wrong.push(`--host ${host}: not ready: ${run.said()}`);
  const [own, foreign] = [await get(run.url), await get(run.url, { host: 'evil.example' })];
  if (own !== 200) wrong.push(`--host ${host}: its own ${run.url} answers ${own}`);
  if (foreign !== 403) wrong.push(`--host ${host}: a foreign name is answered ${foreign}`);
  if ((await end(run, 'SIGTERM')) === null) wrong.push(`--host ${host}: does not end`);
  for (const bad of ['', ' ', '127.0.0.256', 'a b']) {
    const { status, stderr } = spawnSync(process.execPath, argumentsOf(state, ['--host', bad]), {
      encoding: 'utf8',
      timeout: READY_WITHIN_MS,
    });
    if (![2, 3].includes(status)) wrong.push(`--host "${bad}": ended with ${status}: ${stderr}`);
  }
}

async function pipes(state) {
  const fifo = join(base, `events-${Math.floor(draw() * 1e9)}`);
  spawnSync('mkfifo', [fifo]);
  const run = await startRun(state, ['--events', fifo]);
  if (!run.url) wrong.push(`--events to a pipe: not ready: ${run.said()}`);
  else if ((await get(run.url)) !== 200) wrong.push('--events to a pipe: does not answer');
  const signal = pick(['SIGTERM', 'SIGINT', 'SIGHUP']);
  if ((await end(run, signal)) === null) wrong.push(`--events to a pipe: deaf to ${signal}`);
}

/** What another container sees that has the same state folder: none of our processes. */
function elsewhere(state) {
  const commands = [['status'], ['stop'], ['quota', '--once'], ['doctor']];
  const args = pick([...commands, null]);
  const command = args
    ? [CLI, ...args, '--state-dir', state]
    : argumentsOf(state, ['--fresh', '--for', '0.1s']);
  return spawnSync('unshare', ['-rpf', '--mount-proc', process.execPath, ...command], {
    encoding: 'utf8',
    timeout: READY_WITHIN_MS,
  });
}

async function namespaces(state) {
  const canUnshare = spawnSync('unshare', ['-rpf', '--mount-proc', 'true']).status === 0;
  if (!canUnshare) return;
  const run = await startRun(state, []);
  if (!run.url) return wrong.push(`namespaces: not ready: ${run.said()}`);
  const listed = () =>
    ['runs', 'allocators'].map((name) =>
      existsSync(join(state, name)) ? readdirSync(join(state, name)).sort().join() : '',
    );
  const before = listed();
  for (let number = 0; number < 3; number += 1) {
    const { status, stderr } = elsewhere(state);
    if (status === 70 || status === null) wrong.push(`namespaces: ended with ${status}: ${stderr}`);
  }
  const after = listed();
  const lost = before.filter((names, index) => {
    const left = after[index]?.split(',') ?? [];
    return !names.split(',').every((name) => left.includes(name));
  });
  if (lost.length > 0) wrong.push(`namespaces: ${before} became ${after}`);
  if ((await get(run.url)) !== 200) wrong.push('namespaces: the run does not answer any more');
  await end(run, 'SIGTERM');
}

async function stoppedWorkers(state) {
  const serve = await startServe(state, ['--gpus', '2']);
  const secret = secretOf(state);
  const id = '/zerogpu/adversary';
  await registerSpace(serve.url, secret, id);
  const asked = 1;
  for (let task = 1; task <= 3; task += 1) {
    const worker = spawn('sleep', ['600']);
    const gone = new Promise((done) => worker.once('exit', done));
    const token = signToken(secret, `pro:frozen-${task}`, 'pro');
    const query = { cgroupPath: id, taskId: task, token, durationSeconds: asked };
    const grant = await wire(serve.url, 'schedule', query);
    const { allowToken } = grant?.body ?? {};
    await wire(serve.url, 'allow', { allowToken, pid: worker.pid });
    await sleep(draw() * 500);
    worker.kill('SIGSTOP');
    const ended = await Promise.race([gone.then(() => true), sleep(15_000).then(() => false)]);
    if (!ended) wrong.push(`a stopped worker outlives its deadline (task ${task})`);
    worker.kill('SIGKILL');
  }
  serve.child.kill('SIGTERM');
  await serve.ended;
  const { visitors } = exported(state);
  for (const [key, { usedSeconds }] of visitors ?? []) {
    if (usedSeconds > asked + 0.101) wrong.push(`${key}: charged ${usedSeconds} s of ${asked} s`);
  }
}

const KINDS = { addresses, pipes, namespaces, stoppedWorkers };
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, attack] of Object.entries(KINDS)) {
    const state = join(base, `${name}-${round}`);
    mkdirSync(state, { mode: 0o700 });
    await attack(state);
  }
}
conclude('runs', `${ROUNDS} rounds of ${Object.keys(KINDS).join(', ')}`, wrong);
if (process.exitCode === 0) rmSync(base, { recursive: true, force: true });
else say(`  kept: ${base}`);
