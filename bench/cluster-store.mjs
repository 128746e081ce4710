/**
 * The quota store of a cluster: reserve + begin + settle through `src/cluster`, against the same functions of the
 * same server called by ioredis alone, in turn, round by round; and the memory of accounts.
 * Usage: node bench/cluster-store.mjs [rounds] [seconds a round] [--accounts N] [--json]
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { Redis } from 'ioredis';
import { startStore } from './cluster-support.mjs';
import { median, ROOT } from './support.mjs';

const LANES = 64;
const numbers = process.argv.slice(2).filter((arg) => /^[\d.]+$/.test(arg));
const accountsAt = process.argv.indexOf('--accounts');
const accounts = accountsAt < 0 ? 1_000_000 : Number(process.argv[accountsAt + 1]);
const [rounds = 7, seconds = 2] = numbers
  .filter((arg) => arg !== String(process.argv[accountsAt + 1]))
  .map(Number);

const outfile = join(ROOT, 'node_modules/.cache/zerogpu-bench/cluster.mjs');
await build({
  stdin: {
    contents: `export * from './src/cluster/index.ts';
export { QUOTA_LIBRARY } from './src/cluster/quota/library.ts';
export { loadProfile } from './src/platform/index.ts';`,
    resolveDir: ROOT,
  },
  ...{ outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' },
  logLevel: 'error',
});
const { connectStore, createQuotaStore, loadProfile, parseStoreAddress, QUOTA_LIBRARY } =
  await import(outfile);
const profile = loadProfile('h200');
const windowMs = profile.quota.windowSeconds * 1000;

const { port, stop, version } = await startStore();
const store = await connectStore(parseStoreAddress(`redis://127.0.0.1:${port}`, {}));
const quotas = createQuotaStore(store, profile);
const raw = new Redis({ port, protocol: 2 });

let count = 0;
const id = () => {
  count += 1;
  return `bench-${count}`;
};
const visitorOf = (lane) => ({ key: `pro:v${lane}`, tier: 'pro', hasToken: true });
const ops = {
  async raw(lane) {
    const { key } = visitorOf(lane);
    const keys = [`zerogpu:quota:{${key}}`, `zerogpu:quota:{${key}}:holds`];
    const call = (name, ...args) =>
      raw.call('FCALL', `${QUOTA_LIBRARY.name}_${name}`, 2, ...keys, '', windowMs, ...args);
    const reservation = id();
    await call('reserve', reservation, 'pro', 5_000, 1_500_000, '-', 0, 70_000);
    await call('begin', reservation, 40_000);
    await call('settle', reservation, 0);
  },
  async ours(lane) {
    const visitor = visitorOf(lane);
    const reservation = id();
    await quotas.reserve({ id: reservation, visitor, costMs: 5_000, lapsesMs: 70_000 });
    await quotas.begin(reservation, visitor, 40_000);
    await quotas.settle(reservation, visitor.key, 0);
  },
};

await quotas.read(visitorOf(0));
const rates = { raw: [], ours: [] };
const p99 = { raw: [], ours: [] };
for (const op of Object.values(ops)) await drive(0.5, op);
for (let round = 0; round < rounds; round += 1) {
  for (const [name, op] of Object.entries(ops)) {
    const { rate, latencies } = await drive(seconds, op);
    rates[name].push(rate);
    p99[name].push(latencies[Math.floor(latencies.length * 0.99)]);
  }
}
await raw.flushdb();
const bytesPerAccount = await fill(accounts);
const result = {
  ...{ server: version, rounds, accounts, bytesPerAccount },
  callsPerSecond: { raw: Math.round(median(rates.raw)), ours: Math.round(median(rates.ours)) },
  p99Ms: { raw: median(p99.raw), ours: median(p99.ours) },
  ratio: median(rates.ours.map((rate, round) => rate / rates.raw[round])),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  const { callsPerSecond, p99Ms, ratio } = result;
  console.log(`${version}, reserve + begin + settle with ${LANES} at once`);
  console.log(`ioredis alone  ${callsPerSecond.raw} calls/s, p99 ${p99Ms.raw.toFixed(1)} ms`);
  console.log(
    `src/cluster    ${callsPerSecond.ours} calls/s, p99 ${p99Ms.ours.toFixed(1)} ms, ${ratio.toFixed(2)} x`,
  );
  console.log(`${accounts} accounts with an open window: ${bytesPerAccount.toFixed(0)} bytes each`);
}
store.close();
raw.disconnect();
stop();

/** Runs `op` on every lane for so long. @returns operations a second, and their times, sorted */
async function drive(forSeconds, op) {
  const startMs = performance.now();
  const endMs = startMs + forSeconds * 1000;
  const latencies = [];
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      for (let beforeMs = performance.now(); beforeMs < endMs; ) {
        await op(lane);
        const afterMs = performance.now();
        latencies.push(afterMs - beforeMs);
        beforeMs = afterMs;
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  return { rate: (latencies.length / (performance.now() - startMs)) * 1000, latencies };
}

/** @returns bytes of the server's memory for each account that has used some of its quota */
async function fill(count) {
  const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await raw.info('memory'))?.[1]);
  const before = await usedMemory();
  const use = { usedMs: 12_345, runs: 3, resetsInMs: 80_000_000 };
  const batch = 1_000;
  for (let first = 0; first < count; first += batch) {
    const size = Math.min(batch, count - first);
    await Promise.all(
      Array.from({ length: size }, (_, at) =>
        quotas.setUse({ key: `free:visitor-${first + at}`, tier: 'free' }, use),
      ),
    );
  }
  return ((await usedMemory()) - before) / count;
}
