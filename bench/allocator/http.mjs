/**
 * A whole call (/schedule, /allow, /release) against three requests to a bare node:http server with
 * answers of the same size: 32 connections, in memory and with the ledger, in turn, round by round.
 * Usage: node bench/allocator/http.mjs [rounds] [seconds a round] [--json]
 */
import { join } from 'node:path';
import { callLanes, connection, drive, median, startServe, startServer } from './load.mjs';

const [rounds = 5, seconds = 2] = process.argv
  .slice(2)
  .filter((arg) => /^[\d.]+$/.test(arg))
  .map(Number);
const LANES = 32;

const bare = await startServer(process.execPath, [join(import.meta.dirname, 'bare-server.mjs')]);
const memory = await startServe(['--gpus', String(LANES), '--fresh', '--quiet']);
const durable = await startServe(['--gpus', String(LANES), '--quiet']);
const bareConnections = Array.from({ length: LANES }, () => connection(bare.url));
const lanes = { memory: await callLanes(memory, LANES), durable: await callLanes(durable, LANES) };
const query = `/?${'x'.repeat(60)}=1&token=${'y'.repeat(200)}`;
const ops = {
  bare: async (lane) => {
    for (let i = 0; i < 3; i += 1) await bareConnections[lane].post(query);
  },
  memory: lanes.memory.op,
  durable: lanes.durable.op,
};
const rates = { bare: [], memory: [], durable: [] };
for (const op of Object.values(ops)) await drive(LANES, 0.5, op);
for (let round = 0; round < rounds; round += 1) {
  for (const [name, op] of Object.entries(ops)) rates[name].push(await drive(LANES, seconds, op));
}
const ratio = (name) => median(rates[name].map((rate, i) => rate / rates.bare[i]));
const result = {
  rounds,
  callsPerSecond: Object.fromEntries(
    Object.entries(rates).map(([k, v]) => [k, Math.round(median(v))]),
  ),
  memoryRatio: ratio('memory'),
  durableRatio: ratio('durable'),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(`bare node:http   ${result.callsPerSecond.bare} x 3 requests/s`);
  console.log(
    `in memory        ${result.callsPerSecond.memory} calls/s, ${result.memoryRatio.toFixed(2)} x`,
  );
  console.log(
    `durable          ${result.callsPerSecond.durable} calls/s, ${result.durableRatio.toFixed(2)} x`,
  );
}
for (const { close } of Object.values(lanes)) close();
for (const { close } of bareConnections) close();
for (const { stop } of [bare, memory, durable]) await stop();
