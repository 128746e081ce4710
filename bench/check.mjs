/**
 * How long `zerogpu check` takes: a Space of one file against `node -e 0` and `hf version`, its second
 * run with the kept answer, and Spaces of many files against pyflakes over the same files; whole
 * processes, in turn, the ratio taken round by round. The many files are copied from a folder of Python
 * that is named, and imported by an app of this project. Peak memory is that of the check process.
 *
 * Usage: node bench/check.mjs --sources DIR [--hf PATH] [--pyflakes PATH] [--rounds 9] [--json]
 *   --sources   Python to copy from, such as site-packages with gradio and torch in it
 *   --hf        the hf command; --pyflakes the pyflakes command; each is left out where not named
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { median } from './support.mjs';

const { values } = parseArgs({
  options: {
    sources: { type: 'string' },
    hf: { type: 'string' },
    pyflakes: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
/** A Space with code of its own beside vendored files, and one with a whole library in it. */
const SIZES = {
  many: { of: /^(?:gradio|torch)\/.*\.py$/, step: 5, mostFiles: 150, mostBytes: 3_200_000 },
  library: {
    of: /^(?:diffusers|transformers)\/.*\.py$/,
    step: 9,
    mostFiles: 328,
    mostBytes: 8_000_000,
  },
};
const README = '---\ntitle: Demo\nsdk: gradio\nsdk_version: 6.1.0\n---\n';
const APP = `import gradio as gr
import spaces
import torch

model = torch.nn.Linear(2, 2).to("cuda")


@spaces.GPU(duration=30)
def run(x):
    return model(x).tolist()


gr.Interface(run, "text", "text").launch()
`;
const folder = mkdtempSync(join(tmpdir(), 'zerogpu-bench-'));

function makeSpace(name, app, sources = []) {
  const dir = join(folder, name);
  mkdirSync(join(dir, 'lib'), { recursive: true });
  writeFileSync(join(dir, 'README.md'), README);
  const imports = sources.map((path, index) => {
    copyFileSync(path, join(dir, 'lib', `m${index}.py`));
    return `import lib.m${index}\n`;
  });
  writeFileSync(join(dir, 'app.py'), imports.join('') + app);
  return dir;
}

/** Every so many files, in the order of their paths, until there are enough. */
function pick(dir, { of, step, mostFiles, mostBytes }) {
  const all = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => of.test(path))
    .sort();
  const picked = [];
  let bytes = 0;
  for (let i = 0; i < all.length && picked.length < mostFiles; i += step) {
    const path = join(dir, all[i]);
    const { size } = statSync(path);
    if (size < 2_000 || bytes + size > mostBytes) continue;
    bytes += size;
    picked.push(path);
  }
  return { picked, bytes };
}

function timeMs(command, args) {
  const start = performance.now();
  const { error } = spawnSync(command, args, { stdio: 'ignore', cwd: folder });
  if (error) throw error;
  return performance.now() - start;
}

/** Runs all in turn; gives the median time of each, and the median ratio of the first to each. */
function compare(commands) {
  const names = Object.keys(commands);
  for (const name of names) timeMs(...commands[name]);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < rounds; i += 1) {
    for (const name of names) times[name].push(timeMs(...commands[name]));
  }
  const [first] = names;
  return Object.fromEntries(
    names.map((name) => [
      name,
      { ms: median(times[name]), ratio: median(times[first].map((ms, i) => ms / times[name][i])) },
    ]),
  );
}

function peakMiB(args) {
  const script = "process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS));";
  const preload = join(folder, 'peak.cjs');
  writeFileSync(preload, script);
  const { stderr } = spawnSync(process.execPath, ['--require', preload, ...args], {
    encoding: 'utf8',
  });
  return Math.round(Number(/peak (\d+)/.exec(stderr)?.[1] ?? Number.NaN) / 1024);
}

const cli = join(import.meta.dirname, '../bin/zerogpu.js');
const one = makeSpace('one', APP);
const check = (dir, ...flags) => [process.execPath, [cli, 'check', ...flags, dir]];
const result = {
  rounds,
  load: loadavg()[0],
  one: compare({
    check: check(one, '--no-cache'),
    second: check(one),
    node: [process.execPath, ['-e', '0']],
    ...(values.hf ? { hf: [values.hf, ['version']] } : {}),
  }),
  oneMiB: peakMiB([cli, 'check', '--no-cache', one]),
};
for (const [name, size] of values.sources ? Object.entries(SIZES) : []) {
  const { picked, bytes } = pick(values.sources, size);
  const dir = makeSpace(name, APP, picked);
  result[name] = {
    files: picked.length,
    megabytes: bytes / 1e6,
    times: compare({
      check: check(dir, '--no-cache'),
      ...(values.pyflakes ? { pyflakes: [values.pyflakes, [dir]] } : {}),
    }),
    mib: peakMiB([cli, 'check', '--no-cache', dir]),
  };
}
rmSync(folder, { recursive: true });

if (values.json) console.log(JSON.stringify(result));
else {
  const show = (title, table, mib) => {
    console.log(`${title} (median of ${rounds}; peak ${mib} MiB; load ${result.load.toFixed(1)})`);
    for (const [name, { ms, ratio }] of Object.entries(table)) {
      console.log(
        `  ${name.padEnd(10)} ${ms.toFixed(0).padStart(6)} ms   check is ${ratio.toFixed(2)} x`,
      );
    }
  };
  show('one file', result.one, result.oneMiB);
  for (const name of Object.keys(SIZES)) {
    const found = result[name];
    if (!found) continue;
    show(`${found.files} files, ${found.megabytes.toFixed(1)} MB`, found.times, found.mib);
  }
}
