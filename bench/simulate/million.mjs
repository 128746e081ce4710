/**
 * A day of 1,000,000 visitors with the platform's rules: quotas, tiers, ageing, xlarge calls, time-outs.
 * One process on one core; wall and processor seconds, and the peak of its memory.
 *
 * Usage: node bench/simulate/million.mjs [visitors] [--json]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, runProgram, temporaryFolder } from '../support.mjs';

const visitors = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 1_000_000);
const file = join(temporaryFolder('million'), 'day.json');
const tier = (share, people) => ({
  per_day: visitors * share,
  people: Math.round(visitors * people),
  calls: { geometric: 2 },
});
// A host of eight GPUs for every 50,000 visitors, with two Spaces on it.
const hosts = Math.max(1, Math.round(visitors / 50_000));
const image = { draw: { declared: 20, real: { lognormal: { p50: 6, p95: 14 } }, cold: 3 } };
const chat = {
  answer: { declared: 30, real: { exponential: 9 }, share: 4 },
  long: { declared: 60, real: { exponential: 30 }, size: 'xlarge' },
};
const spaces = Object.fromEntries(
  Array.from({ length: 2 * hosts }, (_, index) => [
    `space-${index}`,
    { functions: index % 2 === 0 ? image : chat },
  ]),
);
writeFileSync(
  file,
  JSON.stringify({
    ...{ platform: 'rtx-pro-6000', gpus: 8, hosts, pattern: 'day', spaces },
    visitors: { anonymous: tier(0.6, 0.5), free: tier(0.3, 0.15), pro: tier(0.1, 0.02) },
  }),
);
const { wallSeconds, cpuSeconds, peakMiB } = runProgram(process.execPath, [
  ...[CLI, 'simulate', file, '--json'],
]);
const result = { visitors, wallSeconds, cpuSeconds, peakMiB };
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(`${visitors.toLocaleString('en-US')} visitors in ${wallSeconds.toFixed(1)} s`);
  console.log(`${cpuSeconds.toFixed(1)} s of processor time, ${peakMiB.toFixed(0)} MiB`);
}
