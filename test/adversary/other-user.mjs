/**
 * Another user of the machine (uid 65534, so it has to be started as root) tries to read the user's files,
 * plants a secret and a locator, takes the port of a `serve` that was killed and the port of an app that
 * starts. It must read nothing, be asked nothing but for a proof, and hear no visitor's token.
 *
 *   npm run build && sudo ZEROGPU_ADVERSARY_ROUNDS=20 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/other-user.mjs
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
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
import {
  conclude,
  ROUNDS,
  randomNumbers,
  SEED,
  say,
  secretOf,
  startServe,
  zerogpu,
} from './host.mjs';

const CLI = resolve(import.meta.dirname, '../../bin/zerogpu.js');
const PYTHON = process.env.ZEROGPU_TEST_PYTHON ?? 'python3';
const NOBODY = { uid: 65_534, gid: 65_534, cwd: '/' };
const TOKEN = 'token-of-a-visitor';
/** For a machine that does much else. */
const PATIENCE_MS = 120_000;
const draw = randomNumbers(SEED);
const wrong = [];

/** The smallest app that calls the device API as the `spaces` package does, ten times a second. */
const APP = `
import os, threading, time, urllib.error, urllib.parse, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
device = os.environ["SPACES_ZERO_DEVICE_API_URL"]
time.sleep(float(open("delay").read()))
def post(path):
    try:
        return urllib.request.urlopen(urllib.request.Request(device + path, method="POST"), timeout=60).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return "away"
post("/startup-report")
def calls():
    said, group = None, open(os.environ["ZEROGPU_PROC_SELF_CGROUP_PATH"]).read().strip().split("::")[-1]
    query = urllib.parse.urlencode({"cgroupPath": group, "token": "${TOKEN}", "durationSeconds": 1})
    while True:
        status = post("/schedule?" + query)
        if status != said:
            print("calls:", status, flush=True)
        said = status
        time.sleep(0.1)
threading.Thread(target=calls, daemon=True).start()
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args): pass
HTTPServer(("127.0.0.1", int(os.environ["GRADIO_SERVER_PORT"])), Handler).serve_forever()
`;

/** Listens as another user and prints what it hears; how it answers is drawn. */
const INTRUDER = `
const net = require('node:net');
const [port, mode, onward] = process.argv.slice(1);
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  let real = null;
  socket.on('data', (part) => {
    process.stdout.write(JSON.stringify(part.toString('latin1')) + '\\n');
    if (mode === 'yes') socket.write('HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\n{}');
    if (mode === 'close') socket.end();
    if (mode === 'onward') {
      try { real ??= net.connect(Number(require('node:fs').readFileSync(onward, 'utf8')), '127.0.0.1'); } catch { return; }
      real.on('error', () => {}).on('data', (answer) => socket.write(answer)).write(part);
    }
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
`;

async function until(what, look) {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(100)) {
    if (look()) return true;
  }
  wrong.push(`${what}: not within ${PATIENCE_MS / 1000} s`);
  return false;
}

function intrude(port, mode, onward = '') {
  const child = spawn(process.execPath, ['-e', INTRUDER, String(port), mode, onward], NOBODY);
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  const heard = () =>
    text
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { child, heard: () => heard().slice(1), port: () => heard()[0] ?? null };
}

/** What a program without the secret may hear: a nonce, and nothing else. */
function judge(what, heard) {
  for (const text of heard) {
    if (/^GET \/control\/v1\/hello\?nonce=[0-9a-f]{32} HTTP\/1\.1\r\n/.test(text)) {
      if (!/authorization|token/i.test(text)) continue;
    }
    wrong.push(`${what} heard ${JSON.stringify(text.slice(0, 200))}`);
  }
  return heard.length;
}

function startRun(state, space) {
  const args = ['run', space, '--python', PYTHON, '--port', '0', '--state-dir', state];
  const child = spawn(process.execPath, [CLI, ...args, '--log-format', 'json'], {
    env: { ...process.env, NO_COLOR: '1' },
  });
  let text = '';
  for (const name of ['stdout', 'stderr']) {
    child[name].on('data', (part) => {
      text += part;
    });
  }
  const ended = new Promise((done) => child.once('close', done));
  return { child, ended, text: () => text };
}

function makeSpace(parent, name, delaySeconds) {
  const space = join(parent, name);
  mkdirSync(space);
  writeFileSync(join(space, 'app.py'), APP);
  writeFileSync(join(space, 'delay'), String(delaySeconds));
  return space;
}

const isReady = (run) => run.text().includes('ready http');

/** Every file and environment of the user, read as another one. @returns how many it tried */
function tryToRead(state, pids) {
  const paths = readdirSync(state, { recursive: true }).map((path) => join(state, path));
  const all = [state, ...paths, ...pids.map((pid) => `/proc/${pid}/environ`)];
  const code = `const fs = require('node:fs'); for (const path of JSON.parse(process.argv[1])) {
    for (const look of ['readFileSync', 'readdirSync']) {
      try { fs[look](path); console.log(path); break; } catch {}
    }
    try { fs.accessSync(path, fs.constants.W_OK); console.log('writes ' + path); } catch {}
  }`;
  const { stdout } = spawnSync(process.execPath, ['-e', code, JSON.stringify(all)], {
    ...NOBODY,
    encoding: 'utf8',
  });
  for (const path of stdout.split('\n').filter(Boolean)) wrong.push(`another user reads: ${path}`);
  return all.length;
}

/** A state folder that another user has made, with the address of their listener. */
async function planted(parent) {
  const state = join(parent, 'planted');
  const folder = join(state, 'allocators');
  mkdirSync(folder, { recursive: true });
  const thief = intrude(0, 'yes');
  await until('the intruder', () => thief.port() !== null);
  const startTime = Number(
    readFileSync(`/proc/${thief.child.pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[19],
  );
  const locator = {
    ...{ version: 1, kind: 'serve', pid: thief.child.pid, startTime, space: null },
    ...{ url: `http://127.0.0.1:${thief.port()}`, startedAt: '2026-01-01T00:00:00Z' },
  };
  writeFileSync(join(folder, 'serve.json'), JSON.stringify(locator));
  const secret = join(state, 'control-secret');
  writeFileSync(secret, `${'ab'.repeat(32)}\n`);
  chmodSync(secret, 0o600);
  for (const path of [state, folder, join(folder, 'serve.json'), secret]) {
    chownSync(path, NOBODY.uid, NOBODY.gid);
  }
  const serve = zerogpu(['serve', '--state-dir', state, '--for', '1s']);
  if (serve.status !== 3 || !serve.stderr.includes("can't be trusted")) {
    wrong.push(`a planted secret: serve ended with ${serve.status}: ${serve.stderr}`);
  }
  rmSync(secret);
  const quota = zerogpu(['quota', '--json', '--state-dir', state]);
  if (quota.status !== 3 || !quota.stderr.includes('No emulator is running')) {
    wrong.push(`a planted locator: quota ended with ${quota.status}: ${quota.stderr}`);
  }
  judge('the listener of a planted locator', thief.heard());
  thief.child.kill('SIGKILL');
}

/** The port of an app that starts, as soon as it can be known. */
async function stolenAppPort(parent, state) {
  const run = startRun(state, makeSpace(parent, 'slow', 600));
  const portOf = () => {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    for (const pid of pids) {
      try {
        const environ = readFileSync(`/proc/${pid}/environ`, 'latin1');
        const isOurs = readFileSync(`/proc/${pid}/cwd/delay`, 'utf8') === '600';
        const port = /GRADIO_SERVER_PORT=(\d+)/.exec(environ)?.[1];
        if (isOurs && port) return Number(port);
      } catch {
        // It has ended, or it is another program.
      }
    }
    return null;
  };
  await until('the slow app', () => portOf() !== null);
  const thief = intrude(portOf(), 'yes');
  await until('the intruder at the app', () => thief.port() !== null);
  const gateway = /"url":"(http:[^"]+)"/.exec(run.text())?.[1];
  for (let look = 0; look < 5; look += 1) {
    const { status } = await fetch(`${gateway}/?as=pro`);
    if (status !== 503) wrong.push(`the gateway answered ${status} with an intruder for its app`);
    await sleep(300);
  }
  if (isReady(run)) wrong.push('a run is ready whose port another user answers');
  if (thief.heard().length > 0) wrong.push(`the app's port was asked: ${thief.heard()[0]}`);
  run.child.kill('SIGINT');
  if ((await run.ended) !== 130) wrong.push('a run that was interrupted did not end with 130');
  thief.child.kill('SIGKILL');
}

async function attack(parent) {
  const state = join(parent, 'state');
  let serve = await startServe(state);
  const run = startRun(state, makeSpace(parent, 'space', 0));
  await until('the run', () => isReady(run));
  const read = tryToRead(state, [serve.child.pid, run.child.pid]);
  let greetings = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const mode = ['yes', 'close', 'silent', 'onward'][Math.floor(draw() * 4)] ?? 'yes';
    const portFile = join(parent, `onward-${round}`);
    const port = Number(new URL(serve.url).port);
    serve.child.kill('SIGKILL');
    await serve.ended;
    const thief = intrude(port, mode, portFile);
    await until('the intruder', () => thief.port() !== null);
    await sleep(500 + draw() * 1_000);
    const before = run.text().length;
    serve = await startServe(state);
    writeFileSync(portFile, new URL(serve.url).port);
    if (serve.url.endsWith(`:${port}`)) wrong.push('serve shares a port with another user');
    const news = () => run.text().slice(before);
    await until(`round ${round}: the run follows`, () => news().includes(`at ${serve.url} now`));
    // Serve did not sign this token, and says so: it was asked, and no other program.
    await until(`round ${round}: calls`, () => /calls: 401/.test(news()));
    greetings += judge(`round ${round} (${mode})`, thief.heard());
    if (thief.heard().join().includes(secretOf(state))) wrong.push('the secret was sent');
    thief.child.kill('SIGKILL');
  }
  await stolenAppPort(parent, state);
  run.child.kill('SIGTERM');
  await run.ended;
  serve.child.kill('SIGTERM');
  await serve.ended;
  return `${ROUNDS} ports of a dead serve taken, ${greetings} greetings heard, ${read} files tried`;
}

if (process.getuid?.() !== 0) {
  say('other-user: not started as root, nothing was tried');
  process.exitCode = 3;
} else {
  const parent = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));
  // Every user of this machine gets as far as the folders in it.
  chmodSync(parent, 0o755);
  await planted(parent);
  const figures = await attack(parent);
  conclude('other-user', figures, wrong);
  rmSync(parent, { recursive: true, force: true });
}
