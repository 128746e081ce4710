/**
 * The simulated numbers of docs/scale.md: how many visits a day one host carries with a p95 wait under ten
 * seconds, by its GPUs, and what 10,000 GPUs carry in hosts of each size. Results depend on the seed alone.
 *
 * Usage: node bench/simulate/scale.mjs [--json]
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, temporaryFolder } from '../support.mjs';

const WAIT_SECONDS = 10;
const ALL_GPUS = 10_000;
const folder = temporaryFolder('scale');

/** A day of one host: most visitors are anonymous, and a quarter of the calls is short. */
function simulate(gpus, visits) {
  const file = join(folder, 'day.json');
  const tier = (share, people) => ({
    ...{ per_day: visits * share, calls: { geometric: 2 } },
    people: Math.max(1, Math.round(visits * people)),
  });
  writeFileSync(
    file,
    JSON.stringify({
      ...{ platform: 'rtx-pro-6000', gpus, pattern: 'day' },
      visitors: { anonymous: tier(0.6, 0.5), free: tier(0.3, 0.15), pro: tier(0.1, 0.02) },
      spaces: {
        image: {
          functions: { draw: { declared: 20, real: { lognormal: { p50: 6, p95: 14 } }, cold: 3 } },
        },
        chat: {
          functions: {
            answer: { declared: 30, real: { exponential: 9 }, share: 4 },
            long: { declared: 60, real: { exponential: 30 }, size: 'xlarge' },
          },
        },
      },
    }),
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [CLI, 'simulate', file, '--json'],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The most visits, to 2 %, with which the p95 wait stays under ten seconds. */
function mostVisits(gpus) {
  let low = 1_000 * gpus;
  let high = 16_000 * gpus;
  while (high / low > 1.02) {
    const middle = Math.sqrt(low * high);
    const { waits } = simulate(gpus, middle).all;
    if (waits.p95 < WAIT_SECONDS) low = middle;
    else high = middle;
  }
  return Math.round(low);
}

const rows = [1, 2, 4, 8, 16].map((gpus) => {
  const visits = mostVisits(gpus);
  const { all, utilisation } = simulate(gpus, visits);
  const hosts = Math.floor(ALL_GPUS / gpus);
  return {
    ...{ gpus, visits, p50: all.waits.p50, p95: all.waits.p95, p99: all.waits.p99 },
    ...{ calls: all.calls, granted: all.granted, timedOut: all.timedOut, utilisation },
    ...{ hosts, visitsOfAll: hosts * visits },
  };
});
if (process.argv.includes('--json')) console.log(JSON.stringify({ rows }));
else {
  console.log(
    '| GPUs of a host | visits a day | calls granted | wait p50 | p95 | p99 | GPUs busy | 10,000 GPUs: visits a day |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const row of rows) {
    const busy = `${Math.round(100 * row.utilisation)} %`;
    const seconds = [row.p50, row.p95, row.p99].map((value) => `${value.toFixed(1)} s`).join(' | ');
    console.log(
      `| ${row.gpus} | ${row.visits} | ${row.granted} of ${row.calls} | ${seconds} | ${busy} | ${(row.visitsOfAll / 1e6).toFixed(1)} M |`,
    );
  }
}
