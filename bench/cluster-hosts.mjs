/**
 * Whole calls (/schedule, /allow, /release, with ledger and shared quota) on one allocator of a cluster and on four,
 * as many at once, in turn, round by round; and how busy the cores were meanwhile.
 * Usage: node bench/cluster-hosts.mjs [rounds] [seconds a round] [--json]
 */
import { cpus } from 'node:os';
import { callLanes, drive, median, startServe } from './allocator/load.mjs';
import { startStore } from './cluster-support.mjs';

const [rounds = 5, seconds = 3] = process.argv
  .slice(2)
  .filter((arg) => /^[\d.]+$/.test(arg))
  .map(Number);
const HOSTS = 4;
const LANES = 32;

const store = await startStore();
const hosts = [];
for (let number = 0; number < HOSTS; number += 1) {
  const node = ['--cluster', `redis://127.0.0.1:${store.port}`, '--node', `host-${number}`];
  const server = await startServe(['--gpus', String(LANES), '--quiet', ...node]);
  hosts.push({ server, lanes: await callLanes(server, LANES, `/zerogpu/bench-${number}`) });
}
const ops = {
  one: (lane) => hosts[0].lanes.op(lane),
  four: (lane) => hosts[lane % HOSTS].lanes.op(lane),
};
const rates = { one: [], four: [] };
const busy = { one: [], four: [] };
for (const op of Object.values(ops)) await drive(LANES, 0.5, op);
for (let round = 0; round < rounds; round += 1) {
  for (const [name, op] of Object.entries(ops)) {
    const before = cpuTimes();
    rates[name].push(await drive(LANES, seconds, op));
    const after = cpuTimes();
    busy[name].push((after.busy - before.busy) / (after.all - before.all));
  }
}
const result = {
  ...{ server: store.version, rounds, cores: cpus().length },
  callsPerSecond: { one: Math.round(median(rates.one)), four: Math.round(median(rates.four)) },
  busyCores: { one: median(busy.one), four: median(busy.four) },
  ratio: median(rates.four.map((rate, round) => rate / rates.one[round])),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  for (const name of ['one', 'four']) {
    const share = Math.round(result.busyCores[name] * 100);
    console.log(`${name.padEnd(5)} ${result.callsPerSecond[name]} calls/s, cores ${share} % busy`);
  }
  console.log(`${result.ratio.toFixed(2)} x with four allocators on ${result.cores} cores`);
}
for (const { lanes, server } of hosts) {
  lanes.close();
  await server.stop();
}
store.stop();

function cpuTimes() {
  let all = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    all += times.user + times.nice + times.sys + times.irq + times.idle;
    idle += times.idle;
  }
  return { all, busy: all - idle };
}
