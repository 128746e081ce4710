/**
 * Durable calls (/schedule, /allow, /release over HTTP, each on disk before its answer) against
 * durable peers, 32 at a time, in turn, round by round. Needs redis-server and PostgreSQL (Debian:
 * redis-server, postgresql); starts servers of its own and stops them.
 * Usage: node bench/allocator/ledger.mjs [rounds] [seconds a round] [--json]
 */
import { callLanes, drive, median, startServe } from './load.mjs';
import { bullmq, installClients, postgres, redisLua, startPostgres, startRedis } from './peers.mjs';

const [rounds = 5, seconds = 1.5] = process.argv
  .slice(2)
  .filter((arg) => /^[\d.]+$/.test(arg))
  .map(Number);
const LANES = 32;
const JOBS = 1_500;

const require = installClients();
const [redis, pg] = [await startRedis(), await startPostgres()];
const serve = await startServe(['--gpus', String(LANES), '--quiet']);
const ours = await callLanes(serve, LANES);
const lua = await redisLua(require, redis.port);
const sql = await postgres(require, pg.port, LANES);
const jobs = bullmq(require, redis.port, LANES);
const runs = {
  zerogpu: () => drive(LANES, seconds, ours.op),
  'redis lua': () => drive(LANES, seconds, lua.op),
  postgresql: () => drive(LANES, seconds, sql.op),
  bullmq: () => jobs(JOBS),
};
const rates = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
for (const run of Object.values(runs)) await run();
for (let round = 0; round < rounds; round += 1) {
  for (const [name, run] of Object.entries(runs)) rates[name].push(await run());
}
const ratio = (name) => median(rates.zerogpu.map((rate, i) => rate / rates[name][i]));
if (process.argv.includes('--json')) {
  const perSecond = Object.fromEntries(
    Object.entries(rates).map(([k, v]) => [k, Math.round(median(v))]),
  );
  const ratios = Object.fromEntries(Object.keys(runs).map((name) => [name, ratio(name)]));
  console.log(JSON.stringify({ rounds, perSecond, ratios }));
} else {
  for (const [name, values] of Object.entries(rates)) {
    console.log(
      `${name.padEnd(12)} ${Math.round(median(values))}/s, zerogpu has ${ratio(name).toFixed(2)} x of it`,
    );
  }
}
ours.close();
lua.close();
await sql.close();
for (const { stop } of [serve, redis, pg]) await stop();
process.exit(0);
