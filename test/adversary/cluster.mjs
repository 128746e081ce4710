/**
 * Four allocators and one store, and visitors who call on all of them at once, while random faults come from the
 * seed: kill -9 of an allocator or of the store (which starts again from its AOF), a store that is paused,
 * 2 s without connections, and the clock of one host 10 minutes ahead (with libfaketime).
 *
 * Each visitor begins with two seconds of quota, and asks for more. At the end no visitor may have had more
 * than that and the grace of a call, each call that a client saw end must be charged once, every waiter must
 * have been answered, and no seconds may be held any more, without help from anybody.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=60 ZEROGPU_ADVERSARY_VISITORS=5000 node test/adversary/cluster.mjs
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  conclude,
  ROUNDS,
  randomNumbers,
  registerSpace,
  SEED,
  secretOf,
  signToken,
  startServe,
  wire,
} from './host.mjs';

const VISITORS = Number(process.env.ZEROGPU_ADVERSARY_VISITORS ?? 200);
const HOSTS = 4;
const LANES = 24;
const TIER = 'anonymous';
/** Of 120 s, two are left. */
const QUOTA_SECONDS = 120;
const LEFT_SECONDS = 2;
const ASKED_SECONDS = 1;
const GRACE_SECONDS = 0.1;
/** A hold whose host was killed before it had the answer ends 10 s after the queue's time-out of 60 s. */
const SETTLED_WITHIN_MS = 85_000;

const draw = randomNumbers(SEED);
const dir = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));
const log = [];
const calls = [];
let isOver = false;

const storePort = await freePort();
let store = await startStore();
const proxy = await startProxy();
const hosts = await Promise.all(Array.from({ length: HOSTS }, (_, number) => startHost(number)));
for (const host of hosts) await register(host);
await prepareVisitors();
const lanes = Array.from({ length: LANES }, (_, number) => lane(number));
for (let round = 0; round < ROUNDS; round += 1) {
  await sleep(300 + draw() * 700);
  await fault();
}
isOver = true;
await Promise.all(lanes);
const wrong = await judge();
const seen = calls.filter(({ released }) => released).length;
const refused = calls.filter(({ status }) => status === 429).length;
const away = calls.filter(({ status }) => status === 503).length;
conclude(
  'cluster',
  `${ROUNDS} faults (${tally(log)}), ${VISITORS} visitors, ${calls.length} calls: ${seen} charged, ${refused} over quota, ${away} without the store`,
  wrong,
);
for (const { serve } of hosts) serve.child.kill('SIGKILL');
proxy.close();
store.kill('SIGKILL');
rmSync(dir, { recursive: true, force: true });

/** A host with a state folder of its own; the last one's clock is ahead where that can be done. */
async function startHost(number) {
  const state = join(dir, `host-${number}`);
  mkdirSync(state, { mode: 0o700 });
  const ahead = number === HOSTS - 1 ? clockAhead() : [];
  const cluster = `redis://127.0.0.1:${proxy.port}`;
  const args = ['--gpus', '16', '--quiet', '--cluster', cluster, '--node', `host-${number}`];
  const start = () => startServe(state, args, ahead);
  const serve = await start();
  return { number, start, serve, secret: secretOf(state), space: `/zerogpu/cluster-${number}` };
}

/** Its Space, again and again while the store is away. */
async function register({ serve, secret, space }) {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await registerSpace(serve.url, secret, space);
    if (answer?.status === 200) return;
    await sleep(100);
  }
  throw new Error(`${space} is not taken`);
}

function clockAhead() {
  const library = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64']
    .map((folder) => join(folder, 'faketime/libfaketime.so.1'))
    .find((path) => existsSync(path));
  if (!library) return [];
  const rc = join(dir, 'faketime.rc');
  writeFileSync(rc, '+600s\n');
  log.push('clock');
  const variables = [`FAKETIME_TIMESTAMP_FILE=${rc}`, `LD_PRELOAD=${library}`];
  return ['env', ...variables, 'FAKETIME_DONT_FAKE_MONOTONIC=1'];
}

async function startStore() {
  const aof = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const place = ['--bind', '127.0.0.1', '--port', String(storePort), '--dir', dir];
  const child = spawn(process.env.ZEROGPU_TEST_STORE ?? 'redis-server', [...place, ...aof], {
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 500; tries += 1) {
    if (await pings(storePort)) return child;
    await sleep(20);
  }
  throw new Error('the store does not start');
}

/** Between hosts and store, so that all connections can be cut. */
async function startProxy() {
  const sockets = new Set();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = connect(storePort, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
    async cut(ms) {
      isCut = true;
      for (const socket of sockets) socket.destroy();
      await sleep(ms);
      isCut = false;
    },
  };
}

async function fault() {
  const kinds = ['kill a host', 'kill a host', 'kill the store', 'pause the store', 'cut'];
  const kind = kinds[Math.floor(draw() * kinds.length)];
  log.push(kind);
  switch (kind) {
    case 'kill a host': {
      const host = hosts[Math.floor(draw() * HOSTS)];
      host.serve.child.kill('SIGKILL');
      await host.serve.ended;
      host.serve = await host.start();
      await register(host);
      return;
    }
    case 'kill the store':
      store.kill('SIGKILL');
      await sleep(draw() * 1_500);
      store = await startStore();
      return;
    case 'pause the store':
      store.kill('SIGSTOP');
      await sleep(500 + draw() * 3_000);
      store.kill('SIGCONT');
      return;
    case 'cut':
      await proxy.cut(2_000);
  }
}

async function prepareVisitors() {
  const use = { tier: TIER, used: QUOTA_SECONDS - LEFT_SECONDS, runs: 1, resetsIn: 80_000 };
  const [{ serve, secret }] = hosts;
  const headers = { authorization: `Bearer ${secret}` };
  for (let first = 0; first < VISITORS; first += 50) {
    const some = Array.from({ length: Math.min(50, VISITORS - first) }, (_, at) => first + at);
    const answers = await Promise.all(
      some.map((number) =>
        wire(serve.url, `control/v1/visitors/${visitorOf(number)}/use`, use, headers),
      ),
    );
    if (answers.some((answer) => answer?.status !== 204)) throw new Error('no visitors');
  }
}

function visitorOf(number) {
  return `${TIER}:v${number}`;
}

/** Calls of random visitors on random hosts; some never end by themselves, and are killed. */
async function lane(number) {
  let worker = spawn('sleep', ['600']);
  while (!isOver) {
    const host = hosts[Math.floor(draw() * HOSTS)];
    // Few visitors at a time, so that their calls meet on different hosts.
    const visitor = visitorOf(Math.floor((calls.length / 8 + draw() * 12) % VISITORS));
    const call = { visitor, from: 0, until: null, began: null, sent: null, released: false };
    calls.push(call);
    const token = signToken(host.secret, visitor, TIER);
    const query = { cgroupPath: host.space, taskId: number + 1, token, enableQueue: 'true' };
    call.from = performance.now();
    const grant = await answered(host, { ...query, durationSeconds: ASKED_SECONDS });
    call.status = grant?.status ?? null;
    call.answered = performance.now();
    if (grant?.status !== 200 || !grant.body?.allowToken) {
      await sleep(10);
      continue;
    }
    const { allowToken, idle } = grant.body;
    if (!idle) {
      if (worker.exitCode !== null || worker.signalCode !== null) worker = spawn('sleep', ['600']);
      const allowed = await patiently(host, 'allow', { allowToken, pid: worker.pid });
      if (allowed?.status !== 200) continue;
    }
    call.began = performance.now();
    await sleep(draw() < 0.15 ? 1_500 : 50 + draw() * 700);
    call.sent = performance.now();
    const released = await patiently(host, 'release', { allowToken, fail: 'false' });
    call.released = released?.status === 200 || released?.status === 204;
    call.until = performance.now();
  }
  worker.kill('SIGKILL');
}

/** The grant, also when it came on an event stream. */
async function answered(host, query) {
  const answer = await wire(host.serve.url, 'schedule', query);
  if (answer?.status !== 200 || answer.body) return answer;
  const grant = /\{.*"allowToken".*\}/.exec(answer.text ?? '')?.[0];
  return { status: grant ? 200 : 0, body: grant ? JSON.parse(grant) : null };
}

/** A worker does not go away with its allocator. */
async function patiently(host, path, query) {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await wire(host.serve.url, path, query);
    if (answer) return answer;
    await sleep(50);
  }
  return null;
}

async function judge() {
  const wrong = [];
  const slow = calls.filter(({ from, answered: at }) => at - from > 75_000);
  for (const { visitor } of slow) wrong.push(`${visitor}: a request waited more than 75 s`);
  const accounts = await settledAccounts();
  const byVisitor = new Map();
  for (const call of calls)
    byVisitor.set(call.visitor, [...(byVisitor.get(call.visitor) ?? []), call]);
  for (const [visitor, own] of byVisitor) {
    const account = accounts.get(visitor);
    if (!account) {
      wrong.push(`${visitor}: no account`);
      continue;
    }
    const usedMs = (account.usedSeconds - (QUOTA_SECONDS - LEFT_SECONDS)) * 1000;
    const heldMs = account.reservedSeconds * 1000;
    if (heldMs > 0) wrong.push(`${visitor}: ${heldMs} ms are still held`);
    // One whose grant was lost on its way may have begun.
    const granted = own.filter(({ status }) => status === 200 || status === null);
    const graceMs = GRACE_SECONDS * 1000 * granted.length;
    if (usedMs > LEFT_SECONDS * 1000 + graceMs + 5) {
      wrong.push(`${visitor}: had ${usedMs} ms of ${LEFT_SECONDS * 1000} ms`);
    }
    const least = own
      .filter(({ released }) => released)
      .reduce((sum, call) => sum + leastOf(call), 0);
    if (usedMs < least - 1) wrong.push(`${visitor}: ${usedMs} ms charged, held ${least} ms`);
    const most = granted.reduce((sum, call) => sum + mostOf(call), 0);
    if (usedMs > most + 5) wrong.push(`${visitor}: ${usedMs} ms charged, held ${most} ms at most`);
  }
  return wrong;
}

/** The least that a call can have cost, in milliseconds: a deadline that comes late costs no more. */
function leastOf({ began, sent }) {
  const asked = (ASKED_SECONDS + GRACE_SECONDS) * 1000;
  return Math.min(asked, Math.max(0, sent - began - 3));
}

/** The longest that a call can have cost, in milliseconds. */
function mostOf({ from, until, released }) {
  const asked = (ASKED_SECONDS + GRACE_SECONDS) * 1000;
  return released ? Math.min(asked, until - from) : asked;
}

/** Once nothing is held any more, or when that takes too long. */
async function settledAccounts() {
  const names = [...new Set(calls.map(({ visitor }) => visitor))];
  const endMs = performance.now() + SETTLED_WITHIN_MS;
  const accounts = new Map();
  let left = names;
  for (;;) {
    for (const name of left) accounts.set(name, await accountOf(name));
    left = names.filter((name) => !(accounts.get(name)?.reservedSeconds === 0));
    if (left.length === 0 || performance.now() > endMs) return accounts;
    await sleep(500);
  }
}

async function accountOf(name) {
  const [{ serve, secret }] = hosts;
  const target = `${serve.url}/control/v1/visitors/${name}?tier=${TIER}`;
  const response = await fetch(target, { headers: { authorization: `Bearer ${secret}` } });
  return response.ok ? response.json() : null;
}

function tally(words) {
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${word} ${count}`).join(', ');
}

function pings(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (isUp) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('data', (data) => end(String(data).includes('PONG')));
    socket.once('error', () => end(false));
    socket.setTimeout(500, () => end(false));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
