/**
 * A Space with 35 billion parameters (test/fixtures/spaces/film) under `zerogpu estimate`: what it takes here.
 *
 *   node test/gpu/mock/large-space.js PYTHON [STEPS]
 *
 * PYTHON has torch, gradio, spaces, transformers and diffusers; STEPS are those of the schedule, 40 by default.
 * The weights are sparse files, and the Hub can't be reached. Memory is the proportional share (Pss) of all
 * processes together, disk what all files take, both every quarter of a second. Exit code 1 when the
 * call or the whole takes more than is promised (docs/weightless.md).
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBuilt, ensureNodePackages, fail, root, say } from '../../../bin/dev/prepare.js';

const MOST_SECONDS = 60;
const MOST_MEMORY_BYTES = 2 * 2 ** 30;
const MOST_DISK_BYTES = 200e6;
const LEAST_PARAMETERS = 30e9;

const [python, steps = '40'] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-film-'));
try {
  if (!python) throw new Error('usage: node test/gpu/mock/large-space.js PYTHON [STEPS]');
  await ensureNodePackages();
  await ensureBuilt();
  const pipeline = join(scratch, 'pipeline');
  const parameters = Number(makePipeline(pipeline));
  say(`${(parameters / 1e9).toFixed(1)} billion parameters, ${steps} steps`);
  process.exitCode = hold(await estimate(pipeline), parameters);
} catch (error) {
  fail(error);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function makePipeline(folder) {
  const script = join(root, 'test/gpu/mock/weightless/make_film.py');
  const { status, stdout, stderr } = spawnSync(python, ['-B', script, folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Runs the command with folders of its own, and looks at what it takes meanwhile. */
async function estimate(pipeline) {
  const folders = ['home', 'cache', 'state', 'tmp'].map((part) => join(scratch, part));
  for (const folder of folders) mkdirSync(folder);
  const [home, cache, state, tmp] = folders;
  const command = [
    join(root, 'bin/zerogpu.js'),
    'estimate',
    join(root, 'test/fixtures/spaces/film'),
  ];
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...command,
      'film',
      `steps=${steps}`,
      '--platform',
      'rtx-pro-6000',
      '--python',
      python,
      '--json',
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ ...process.env, FILM_PIPELINE: pipeline, HF_HUB_OFFLINE: '1' },
        ...{ HOME: home, XDG_CACHE_HOME: cache, XDG_STATE_HOME: state, TMPDIR: tmp },
      },
    },
  );
  const said = { stdout: '', stderr: '' };
  let called = began;
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said[stream] += text;
      if (text.includes('calling film')) called = performance.now();
    });
  }
  let code = null;
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      code = status ?? 128;
      resolve();
    });
  });
  const most = { memoryBytes: 0, diskBytes: 0 };
  while (code === null) {
    most.memoryBytes = Math.max(most.memoryBytes, memoryOf(`FILM_PIPELINE=${pipeline}`));
    most.diskBytes = Math.max(most.diskBytes, diskOf(scratch));
    await Promise.race([ended, sleep(250)]);
  }
  await ended;
  if (code !== 0) throw new Error(`the estimate ended with code ${code}:\n${said.stderr}`);
  const ends = performance.now();
  const seconds = { start: (called - began) / 1000, call: (ends - called) / 1000 };
  return { seconds, ...most, estimates: JSON.parse(said.stdout).estimates };
}

/** Bytes of memory of all processes whose environment has the text. */
function memoryOf(text) {
  let bytes = 0;
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(text)) continue;
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      bytes += 1024 * Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It has ended, or is another user's.
    }
  }
  return bytes;
}

/** Bytes that the files of a folder take on the disk. */
function diskOf(folder) {
  const { stdout } = spawnSync('du', ['-sk', folder], { encoding: 'utf8' });
  return 1024 * Number.parseInt(stdout, 10);
}

function hold({ seconds, memoryBytes, diskBytes, estimates }, parameters) {
  const [film] = estimates;
  const { verdict, memory } = film.figures ?? { verdict: film.failure, memory: {} };
  const checks = [
    ['start', `${seconds.start.toFixed(1)} s`, true],
    ['call', `${seconds.call.toFixed(1)} s`, seconds.call <= MOST_SECONDS],
    ['memory', `${(memoryBytes / 2 ** 30).toFixed(2)} GiB`, memoryBytes <= MOST_MEMORY_BYTES],
    ['disk', `${(diskBytes / 1e6).toFixed(1)} MB`, diskBytes <= MOST_DISK_BYTES],
    ['verdict', verdict, verdict === 'FITS'],
    // Two bytes each; the autoencoder is kept in fp32 here, and is small.
    ['weights', `${memory.weightBytes} B`, memory.weightBytes >= 2 * parameters],
    ['parameters', parameters, parameters >= LEAST_PARAMETERS],
  ];
  for (const [name, value, isFine] of checks) {
    process.stdout.write(`${name.padEnd(11)} ${value}${isFine ? '' : '   NOT AS PROMISED'}\n`);
  }
  return checks.every(([, , isFine]) => isFine) ? 0 : 1;
}
