/**
 * kill -9 of `serve` at random moments, under clients that write down every acknowledged answer. Afterwards
 * the ledger must have each of them once.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=100 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/kill-nine.mjs
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const CLIENTS = 8;
const SPACE = '/zerogpu/adversary';
const ASKED_SECONDS = 2;
/** What the profile grants a call to end. */
const GRACE_SECONDS = 0.1;

const draw = randomNumbers(SEED);
const state = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));
const history = join(state, 'history.jsonl');
const calls = [];
let serve = await startServe(state, ['--gpus', '16']);
const secret = secretOf(state);
let isOver = false;

/** Asks until somebody answers: a worker does not go away with its allocator. */
async function patiently(path, query) {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await wire(serve.url, path, query);
    if (answer) return answer;
    await sleep(25);
  }
  return null;
}

function acknowledge(call, what) {
  appendFileSync(
    history,
    `${JSON.stringify({ visitor: call.visitor, what, at: performance.now() })}\n`,
  );
}

async function client(task) {
  let worker = spawn('sleep', ['600']);
  for (let count = 0; !isOver; count += 1) {
    const call = { visitor: `pro:v${task}-${count}`, from: 0, until: 0, released: false };
    calls.push(call);
    const token = signToken(secret, call.visitor, 'pro');
    const query = { cgroupPath: SPACE, taskId: task, token, durationSeconds: ASKED_SECONDS };
    const sent = performance.now();
    const grant = await wire(serve.url, 'schedule', query);
    if (grant?.status !== 200 || !grant.body) {
      await sleep(20);
      continue;
    }
    acknowledge(call, 'granted');
    const { allowToken, idle } = grant.body;
    call.from = sent;
    if (!idle) {
      if (worker.exitCode !== null || worker.signalCode !== null) worker = spawn('sleep', ['600']);
      const allowed = await patiently('allow', { allowToken, pid: worker.pid });
      if (allowed?.status !== 200) continue;
      acknowledge(call, 'allowed');
    }
    call.began = performance.now();
    await sleep(5 + draw() * 40);
    call.sent = performance.now();
    const released = await patiently('release', { allowToken, fail: draw() < 0.1 });
    if (released?.status !== 200 && released?.status !== 204) continue;
    call.until = performance.now();
    call.released = true;
    acknowledge(call, 'released');
  }
  worker.kill('SIGKILL');
}

await registerSpace(serve.url, secret, SPACE);
const clients = Array.from({ length: CLIENTS }, (_, task) => client(task + 1));
for (let round = 0; round < ROUNDS; round += 1) {
  await sleep(100 + draw() * 500);
  serve.child.kill('SIGKILL');
  await serve.ended;
  serve = await startServe(state, ['--gpus', '16']);
  await registerSpace(serve.url, secret, SPACE);
}
isOver = true;
await Promise.all(clients);
// A stop ends and charges whatever still runs, and the ledger is whole then.
serve.child.kill('SIGTERM');
await serve.ended;

const wrong = [];
const { visitors, stderr } = exported(state);
if (!visitors) wrong.push(`the ledger can't be read: ${stderr}`);
for (const call of visitors ? calls : []) {
  const usedMs = (visitors.get(call.visitor)?.usedSeconds ?? 0) * 1000;
  const most = (ASKED_SECONDS + GRACE_SECONDS) * 1000 + 1;
  if (usedMs > most) wrong.push(`${call.visitor}: charged ${usedMs} ms of ${most} ms at most`);
  if (!call.released) continue;
  const least = call.sent - call.began - 2;
  if (usedMs < least)
    wrong.push(`${call.visitor}: ${usedMs} ms charged, held ${least} ms at least`);
  if (usedMs > call.until - call.from + 2) wrong.push(`${call.visitor}: charged more than it held`);
  if (visitors.get(call.visitor)?.runs !== 1) wrong.push(`${call.visitor}: not one run`);
}
const acknowledged = calls.filter(({ released }) => released).length;
conclude(
  'kill-nine',
  `${ROUNDS} rounds, ${calls.length} calls, ${acknowledged} acknowledged`,
  wrong,
);
if (process.exitCode === 0) rmSync(state, { recursive: true, force: true });
else say(`  kept: ${state}`);
