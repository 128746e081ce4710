/**
 * Attacks on the processes of `zerogpu run`, from a seed: each round starts a run whose app leaves daemons in
 * every way, draws victims (the run, its guard, its keeper, the app, a worker) and a signal for each, and
 * demands that nothing is left: at once, or after the next run when run, guard and keeper were all killed.
 *
 *   npm run build && node test/adversary/processes.js [--seed 7] [--rounds 20] [--python python3]
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '10' },
    python: { type: 'string', default: process.env.ZEROGPU_TEST_PYTHON ?? 'python3' },
  },
});
const BIN = resolve(import.meta.dirname, '../../bin/zerogpu.js');
const GONE_WITHIN_MS = 12_000;
/** What no other process of this machine sleeps for. */
const SLEEP = `600.${process.pid}`;

const APP = `
import os, signal, subprocess, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer
def bare(): subprocess.Popen(["sleep", "${SLEEP}"], env={}, start_new_session=True)
for leave in (bare, lambda: subprocess.Popen(["sleep", "${SLEEP}"])):
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        leave()
        os._exit(0)
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args): pass
HTTPServer(("127.0.0.1", int(os.environ["GRADIO_SERVER_PORT"])), Handler).serve_forever()
`;

let state = Number(values.seed) >>> 0;
/** mulberry32: a number below `n`. */
function draw(n) {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % n;
}

const read = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};
const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));
const parentOf = (pid) => Number(/\) \S (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1]);
const childOf = (parent) => Number(pids().find((pid) => parentOf(pid) === parent) ?? 0);
/** What is left of a run, found without its marks: by the folder it names, and by its daemons' command. */
const leftOf = (folder) =>
  pids().filter(
    (pid) =>
      read(`/proc/${pid}/environ`).includes(`ZEROGPU_RUN_DIR=${folder}`) ||
      read(`/proc/${pid}/cmdline`) === `sleep\0${SLEEP}\0`,
  );

function start(folder, args = []) {
  const flags = ['--python', values.python, '--port', '0', '--allow-no-gpu-function'];
  const known = ['--state-dir', join(folder, 'state')];
  const child = spawn(
    process.execPath,
    [BIN, 'run', join(folder, 'space'), ...flags, ...known, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
  const ended = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
  return { child, ended, said: () => said };
}

async function until(holds, withinMs, what) {
  const giveUp = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > giveUp) throw new Error(what());
    await sleep(50);
  }
}

async function round(number) {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));
  mkdirSync(join(folder, 'space'));
  writeFileSync(join(folder, 'space', 'app.py'), APP);
  try {
    const run = start(folder);
    await until(() => run.said().includes('ready http'), 60_000, run.said);
    const guard = childOf(run.child.pid);
    const keeper = childOf(guard);
    const victims = { run: run.child.pid, guard, keeper, app: childOf(keeper) };
    const names = Object.keys(victims).filter(() => draw(2) === 0);
    if (names.length === 0) names.push('run');
    const stopFirst = draw(2) === 0;
    const signal = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'][draw(5)];
    if (stopFirst) for (const name of names) process.kill(victims[name], 'SIGSTOP');
    for (const name of names) {
      try {
        process.kill(victims[name], name === 'run' ? signal : 'SIGKILL');
      } catch {
        // It ended with one of the others.
      }
    }
    if (stopFirst && names.includes('run') && signal !== 'SIGKILL') run.child.kill('SIGCONT');
    const how = await Promise.race([run.ended, sleep(20_000).then(() => 'still there')]);
    const all =
      ['run', 'guard', 'keeper'].every((name) => names.includes(name)) && signal === 'SIGKILL';
    if (all) await start(folder, ['--for', '0.1s']).ended;
    const runs = join(folder, 'state', 'runs');
    const left = () => leftOf(runs);
    await until(
      () => left().length === 0,
      GONE_WITHIN_MS,
      () => `left: ${left()}`,
    );
    process.stdout.write(
      `${number} ${names.join('+')} ${stopFirst ? 'stopped, ' : ''}${names.includes('run') ? signal : 'SIGKILL'}: ${how}, nothing left\n`,
    );
  } finally {
    for (const pid of leftOf(folder)) process.kill(Number(pid), 'SIGKILL');
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

for (let number = 1; number <= Number(values.rounds); number += 1) {
  try {
    await round(number);
  } catch (error) {
    process.stderr.write(`round ${number}, --seed ${values.seed}: ${error.message}\n`);
    process.exitCode = 1;
    break;
  }
}
