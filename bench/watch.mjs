/**
 * From a save to an app that answers, under `zerogpu run --watch`: with the next app started ahead, without it, and the
 * Space's own code alone, which is a second run of the same code in one process that has imported everything. All three
 * in turn, round by round. Needs the build.
 *
 *   PYTHON=python node bench/watch.mjs [rounds] [--json]
 *
 * PYTHON is an interpreter with gradio, spaces, torch and diffusers.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLI, median, ROOT, temporaryFolder } from './support.mjs';

const rounds = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 5);
const python = process.env.PYTHON;
const SPACES = {
  hello: join(ROOT, 'templates/hello'),
  diffusers: join(ROOT, 'test/fixtures/spaces/diffusers-tiny'),
};

/** Runs the app's code twice: the first time imports, the second one is timed until it listens. */
const TWICE = `import runpy
import time

import gradio as gr
import spaces

launch = gr.Blocks.launch
spent = []


def launch_once(self, *args, **kwargs):
    began_launch = time.perf_counter()
    if began is not None:
        launch(self, prevent_thread_lock=True)
    spent.append(time.perf_counter() - began_launch)


gr.Blocks.launch = launch_once
began = None
runpy.run_path("space_app.py", run_name="__main__")
began = time.perf_counter()
runpy.run_path("space_app.py", run_name="__main__")
print(f"own {time.perf_counter() - began:.3f}", flush=True)
time.sleep(600)
`;

/** A Space under \`run\`, with what its log says. */
function start(dir, ...flags) {
  const args = ['run', dir, '--fresh', '--port', '0', '--log-format', 'json', '--python', python];
  const state = ['--state-dir', join(dir, '../state'), ...flags];
  const child = spawn(process.execPath, [CLI, ...args, ...state], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = [];
  const waiting = new Set();
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    lines,
    /** The first line from number \`since\` on that fits. */
    until(fits, since = 0) {
      return new Promise((found, failed) => {
        const look = () => {
          const line = lines.slice(since).find(fits);
          if (line === undefined) return;
          waiting.delete(look);
          found(line);
        };
        waiting.add(look);
        look();
        void ended.then(() => failed(new Error(lines.slice(-5).join('\n'))));
      });
    },
    async stop() {
      child.kill('SIGINT');
      await ended;
    },
  };
}

const isReady = (line) => line.includes('"event":"ready"');

/** Seconds of processor of the newest Python of a Space that was started as a standby, and its memory. */
function newestStandby(dir) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.flatMap((pid) => {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== dir) return [];
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      if (!environment.includes('ZEROGPU_STANDBY=') || command.includes('supervise.py')) return [];
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
      const status = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
      const kib = (name) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(status)?.[1]);
      const own = kib('Private_Clean') + kib('Private_Dirty');
      return [
        { ticks: Number(fields[11]) + Number(fields[12]), at: Number(fields[19]), MiB: own / 1024 },
      ];
    } catch {
      return [];
    }
  });
  return found.sort((a, b) => b.at - a.at)[0] ?? null;
}

/** Waits until the next app has imported everything: it has used no processor for a second. @returns its memory */
async function standbyOf(dir, after) {
  for (let same = 0, last = -1; ; ) {
    const now = newestStandby(dir);
    same = now && now.at > after && now.ticks > 50 && now.ticks === last ? same + 1 : 0;
    last = now?.ticks ?? -1;
    if (same >= 5) return now;
    await sleep(200);
  }
}

/** Saves, and waits until the app answers. @returns seconds */
async function save(run, dir, number) {
  const file = join(dir, 'app.py');
  const text = readFileSync(file, 'utf8').replace(/# saved \d+\n$/, '');
  const since = run.lines.length;
  const startMs = performance.now();
  writeFileSync(file, `${text}# saved ${number}\n`);
  const { url } = JSON.parse(await run.until(isReady, since));
  const { status } = await fetch(`${url}/config`);
  if (status !== 200) throw new Error(`the app answered with ${status}`);
  return (performance.now() - startMs) / 1000;
}

function copyOf(source, name) {
  const dir = join(temporaryFolder(`watch-${name}`), 'space');
  cpSync(source, dir, { recursive: true });
  return dir;
}

async function measure(source) {
  const [ahead, cold, twice] = ['ahead', 'cold', 'own'].map((name) => copyOf(source, name));
  renameSync(join(twice, 'app.py'), join(twice, 'space_app.py'));
  writeFileSync(join(twice, 'app.py'), TWICE);
  const times = { ahead: [], cold: [], own: [] };
  const memory = [];
  for (let round = 0; round < rounds; round += 1) {
    const with_ = start(ahead, '--watch');
    await with_.until(isReady);
    memory.push((await standbyOf(ahead, 0)).MiB);
    times.ahead.push(await save(with_, ahead, 2 * round));
    await with_.stop();
    const without = start(cold, '--watch', '--no-preload');
    await without.until(isReady);
    times.cold.push(await save(without, cold, 2 * round));
    await without.stop();
    const own = start(twice, '--allow-no-gpu-function');
    const line = JSON.parse(await own.until((one) => one.includes('"line":"own '))).line;
    times.own.push(Number(line.split(' ')[1]));
    await own.stop();
  }
  return {
    aheadSeconds: median(times.ahead),
    coldSeconds: median(times.cold),
    ownSeconds: median(times.own),
    timesOwn: median(times.ahead.map((seconds, round) => seconds / times.own[round])),
    timesCold: median(times.cold.map((seconds, round) => seconds / times.ahead[round])),
    standbyMiB: median(memory),
  };
}

if (!python) {
  console.error('PYTHON is to be an interpreter with gradio, spaces, torch and diffusers');
  process.exit(2);
}
const result = {};
for (const [name, source] of Object.entries(SPACES)) result[name] = await measure(source);
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  for (const [name, figures] of Object.entries(result)) {
    const { aheadSeconds, coldSeconds, ownSeconds, timesOwn, timesCold, standbyMiB } = figures;
    console.log(
      `${name.padEnd(10)} save to answer ${aheadSeconds.toFixed(2)} s; without preload ${coldSeconds.toFixed(2)} s (${timesCold.toFixed(1)} x); ` +
        `own code ${ownSeconds.toFixed(2)} s (${timesOwn.toFixed(2)} x); standby ${standbyMiB.toFixed(0)} MiB`,
    );
  }
}
