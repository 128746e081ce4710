/**
 * `zerogpu simulate` beside SimPy and Ciw on one model: M/M/8, load 0.9, two priority classes. Whole
 * processes in turn, user CPU seconds, the ratio taken round by round. Ours runs the allocator's own core
 * with quotas, reservations and records; the peers run a bare priority queue.
 *
 * Usage: node bench/simulate/run.mjs [--calls 100000] [--rounds 5] [--python PYTHON] [--json]
 * PYTHON needs simpy and ciw (pip install simpy ciw).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../support.mjs';

const flag = (name, otherwise) => {
  const place = process.argv.indexOf(`--${name}`);
  return place < 0 ? otherwise : process.argv[place + 1];
};
const calls = Number(flag('calls', 100_000));
const rounds = Number(flag('rounds', 5));
const python = flag('python', 'python3');
const here = import.meta.dirname;
const dir = mkdtempSync(join(tmpdir(), 'zerogpu-bench-'));
const perSecond = (8 * 0.9) / 10;
const tier = { per_day: (perSecond * 86_400) / 2, people: 1 };
writeFileSync(
  join(dir, 'mm8.json'),
  JSON.stringify({
    ...{ gpus: 8, slices: 1, hours: calls / perSecond / 3_600, pattern: 'flat' },
    visitors: { pro: tier, free: tier },
    spaces: { a: { functions: { f: { declared: 1e6, real: { exponential: 10 } } } } },
    policy: {
      ...{ ageing: 1e12, queue_timeout: 1e12, quota_classes: 1 },
      quota: { pro: 1e12, free: 1e12 },
    },
  }),
);
const zerogpu = join(here, '../../bin/zerogpu.js');
const sides = {
  zerogpu: [process.execPath, zerogpu, 'simulate', join(dir, 'mm8.json'), '--json'],
  simpy: [python, join(here, 'simpy_mmc.py'), String(calls)],
  ciw: [python, join(here, 'ciw_mmc.py'), String(calls)],
};

/** User CPU seconds of one process, by the kernel's own account. */
function measure([file, ...args]) {
  const timed = spawnSync('/bin/sh', ['-c', '"$@" >/dev/null; times', 'sh', file, ...args], {
    encoding: 'utf8',
  });
  if (timed.status !== 0) throw new Error(`${file} ${args.join(' ')}\n${timed.stderr}`);
  const [, minutes, seconds] = /^.*\n(\d+)m([\d.]+)s/.exec(timed.stdout) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

try {
  const times = { zerogpu: [], simpy: [], ciw: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, command] of Object.entries(sides)) times[name].push(measure(command));
  }
  const result = {
    ...{ calls, rounds },
    callsPerCpuSecond: calls / median(times.zerogpu),
    timesSimPy: median(times.simpy.map((seconds, i) => seconds / times.zerogpu[i])),
    timesCiw: median(times.ciw.map((seconds, i) => seconds / times.zerogpu[i])),
  };
  if (process.argv.includes('--json')) console.log(JSON.stringify(result));
  else {
    console.log(`${Math.round(result.callsPerCpuSecond)} calls per second of one core`);
    console.log(`${result.timesSimPy.toFixed(2)} x SimPy, ${result.timesCiw.toFixed(2)} x Ciw`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
