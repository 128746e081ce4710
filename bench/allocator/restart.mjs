/**
 * `zerogpu serve` up again after kill -9 with a full ledger, against `node -e 0`, in turn.
 * Usage: node bench/allocator/restart.mjs [rounds] [events in the ledger] [--json]
 */
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { callLanes, drive, median, startServe } from './load.mjs';

const [rounds = 11, events = 100_000] = process.argv
  .slice(2)
  .filter((arg) => /^\d+$/.test(arg))
  .map(Number);
const LANES = 32;
const CLI = resolve(import.meta.dirname, '../../bin/zerogpu.js');

const first = await startServe(['--gpus', String(LANES), '--quiet']);
const lanes = await callLanes(first, LANES);
let calls = 0;
// A call is three events.
while (calls * 3 < events) calls += await drive(LANES, 1, lanes.op);
process.kill(first.pid, 'SIGKILL');

const timings = { node: [], serve: [] };
for (let round = 0; round < rounds; round += 1) {
  timings.node.push(timed(() => spawnSync(process.execPath, ['-e', '0'])));
  timings.serve.push(await startAndKill());
}
const ratio = median(timings.serve.map((ms, i) => ms / timings.node[i]));
const result = {
  rounds,
  events: Math.round(calls * 3),
  nodeMs: Math.round(median(timings.node)),
  serveMs: Math.round(median(timings.serve)),
  ratio,
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(`${result.events} events, killed with -9, ${rounds} rounds`);
  console.log(`node -e 0      ${result.nodeMs} ms`);
  console.log(`zerogpu serve  ${result.serveMs} ms until it serves, ${ratio.toFixed(2)} x`);
}
lanes.close();
rmSync(first.state, { recursive: true, force: true });

function timed(work) {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

async function startAndKill() {
  const startMs = performance.now();
  const args = [CLI, 'serve', '--state-dir', first.state, '--gpus', String(LANES), '--quiet'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((ready) => child.stdout.once('data', ready));
  const ms = performance.now() - startMs;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await ended;
  return ms;
}
