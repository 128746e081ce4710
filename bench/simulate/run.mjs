/**
 * `zerogpu simulate` beside SimPy, Ciw and cimba on one model: M/M/8, load 0.9, two priority classes. Whole
 * processes in turn, user CPU seconds, the ratio taken round by round. Ours runs the allocator's own core
 * with quotas, reservations and records; the peers run a bare priority queue. cimba compiles its model to
 * machine code first (2.4 s), so it gets ten times as many calls.
 *
 * Usage: node bench/simulate/run.mjs [--calls 100000] [--rounds 5] [--python PYTHON] [--json]
 * PYTHON needs simpy and ciw (pip install simpy ciw), and cimba if it is to be measured (Python 3.11 or newer).
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

/** The command that simulates so many calls, on average. */
function zerogpu(count) {
  const file = join(dir, `mm8-${count}.json`);
  writeFileSync(
    file,
    JSON.stringify({
      ...{ gpus: 8, slices: 1, hours: count / perSecond / 3_600, pattern: 'flat' },
      visitors: { pro: tier, free: tier },
      spaces: { a: { functions: { f: { declared: 1e6, real: { exponential: 10 } } } } },
      policy: {
        ...{ ageing: 1e12, queue_timeout: 1e12, quota_classes: 1 },
        quota: { pro: 1e12, free: 1e12 },
      },
    }),
  );
  return [process.execPath, join(here, '../../bin/zerogpu.js'), 'simulate', file, '--json'];
}
const peer = (name, count) => [python, join(here, `${name}_mmc.py`), String(count)];

/** User CPU seconds of one process, by the kernel's own account. */
function measure([file, ...args]) {
  const timed = spawnSync('/bin/sh', ['-c', '"$@" >/dev/null; times', 'sh', file, ...args], {
    encoding: 'utf8',
  });
  if (timed.status !== 0) throw new Error(`${file} ${args.join(' ')}\n${timed.stderr}`);
  const [, minutes, seconds] = /^.*\n(\d+)m([\d.]+)s/.exec(timed.stdout) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

/** Seconds of each side, round by round. */
function inTurn(sides, count) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < count; round += 1) {
    for (const [name, command] of Object.entries(sides)) times[name].push(measure(command));
  }
  return times;
}
const ratio = (peers, own) => median(peers.map((seconds, i) => seconds / own[i]));
const hasCimba = spawnSync(python, ['-c', 'import cimba']).status === 0;

try {
  const times = inTurn(
    { zerogpu: zerogpu(calls), simpy: peer('simpy', calls), ciw: peer('ciw', calls) },
    rounds,
  );
  const many = 10 * calls;
  const long = hasCimba
    ? inTurn({ zerogpu: zerogpu(many), cimba: peer('cimba', many) }, Math.min(3, rounds))
    : null;
  const result = {
    ...{ calls, rounds },
    callsPerCpuSecond: calls / median(times.zerogpu),
    timesSimPy: ratio(times.simpy, times.zerogpu),
    timesCiw: ratio(times.ciw, times.zerogpu),
    timesCimba: long && ratio(long.cimba, long.zerogpu),
  };
  if (process.argv.includes('--json')) console.log(JSON.stringify(result));
  else {
    console.log(`${Math.round(result.callsPerCpuSecond)} calls per second of one core`);
    console.log(`${result.timesSimPy.toFixed(2)} x SimPy, ${result.timesCiw.toFixed(2)} x Ciw`);
    if (long) console.log(`${result.timesCimba.toFixed(2)} x cimba, with ${many} calls`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
