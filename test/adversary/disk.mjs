/**
 * Disks that are full or read-only, in a mount namespace of its own: `serve` on a small tmpfs that fills up and
 * has room again, with a client that records every acknowledged answer; and every command where state, cache,
 * settings, temporary files or the current folder are on such a disk.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=20 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/disk.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  conclude,
  exported,
  ROUNDS,
  randomNumbers,
  SEED,
  secretOf,
  startServe,
  wire,
} from './host.mjs';

const CLI = resolve(import.meta.dirname, '../../bin/zerogpu.js');
const CODES = [0, 1, 2, 3, 130];
const WITHIN_MS = 60_000;
const draw = randomNumbers(SEED);
const pick = (list) => list[Math.floor(draw() * list.length)];
const wrong = [];

if (process.env.ZEROGPU_ADVERSARY_INSIDE) await attack();
else {
  const inside = { ...process.env, ZEROGPU_ADVERSARY_INSIDE: '1' };
  const command = ['-rm', process.execPath, import.meta.filename];
  const { status } = spawnSync('unshare', command, { stdio: 'inherit', env: inside });
  process.exitCode = status ?? 3;
}

function mount(dir, options) {
  mkdirSync(dir, { recursive: true });
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', dir], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`mount: ${stderr}`);
}

/** Leaves so many bytes at most. */
function fill(dir, left) {
  const { bavail, bsize } = statfsSync(dir);
  const bytes = Math.max(0, bavail * bsize - left);
  try {
    writeFileSync(join(dir, 'filler'), Buffer.alloc(bytes));
  } catch {
    // As full as it gets.
  }
}

async function serveOnFullDisk(base, round) {
  const state = join(base, `small-${round}`);
  mount(state, `size=${512 + Math.floor(draw() * 1_500)}k`);
  let serve = await startServe(state, ['--gpus', '2']);
  const authorization = `Bearer ${secretOf(state)}`;
  const told = new Map();
  let refused = 0;
  const use = async (key) => {
    const query = { tier: 'free', used: 1 + (told.size % 200), runs: 1, resetsIn: 3600 };
    const answer = await wire(serve.url, `control/v1/visitors/${key}/use`, query, {
      authorization,
    });
    if (answer?.status === 204) told.set(key, query.used);
    else refused += 1;
  };
  for (let number = 0; number < 60; number += 1) {
    if (number === 20) fill(state, Math.floor(draw() * 20_000));
    if (number === 45) rmSync(join(state, 'filler'), { force: true });
    if (number === 50) await sleep(600);
    await Promise.race([use(`free:u${number}`), sleep(1_500)]);
  }
  const signal = pick(['SIGTERM', 'SIGKILL', 'full']);
  if (signal === 'full') fill(state, 0);
  serve.child.kill(signal === 'full' ? 'SIGTERM' : signal);
  const code = await Promise.race([serve.ended, sleep(20_000).then(() => 'still there')]);
  if (code === 'still there') {
    wrong.push(`serve ${round}: ${signal} does not end it`);
    serve.child.kill('SIGKILL');
  }
  if (/^\s+at \S+ \(/m.test(serve.stderr())) wrong.push(`serve ${round}: ${serve.stderr()}`);
  rmSync(join(state, 'filler'), { force: true });
  serve = await startServe(state, ['--gpus', '2']).catch((error) => {
    wrong.push(`serve ${round}: after ${signal}: ${error}`);
    return null;
  });
  if (serve === null) return 0;
  serve.child.kill('SIGTERM');
  await serve.ended;
  const { visitors } = exported(state);
  for (const [key, used] of told) {
    const found = visitors?.get(key)?.usedSeconds;
    if (found !== used) wrong.push(`serve ${round}, ${signal}: ${key} has ${found}, told ${used}`);
  }
  spawnSync('umount', ['-l', state]);
  return refused;
}

function commands(base, tries) {
  const full = join(base, 'full');
  mount(full, 'size=64k');
  fill(full, 0);
  const noFiles = join(base, 'no-files');
  mount(noFiles, 'nr_inodes=2');
  mkdirSync(join(noFiles, 'x'), { recursive: true });
  const readOnly = join(base, 'read-only');
  mount(readOnly, 'size=64k');
  writeFileSync(join(readOnly, 'app.py'), '');
  spawnSync('mount', ['-o', 'remount,ro', readOnly]);
  const own = join(base, 'own');
  const space = join(base, 'space');
  mkdirSync(own);
  mkdirSync(space);
  writeFileSync(join(space, 'app.py'), 'import spaces\n');
  const file = join(space, 'quotas.json');
  const exportedAt = '2026-01-01T00:00:00.000Z';
  writeFileSync(
    file,
    JSON.stringify({
      ...{ kind: 'zerogpu-state', version: 1, exportedAt },
      platform: 'h200',
      visitors: [],
    }),
  );
  const lines = [
    ...['state export -', `state export ${full}/x.json`, 'state reset', 'state accept'],
    ...[`state import ${file}`, 'quota --once', 'status', 'stop', 'logs', 'config get', 'doctor'],
    ...['config set run.gpus 2', 'env list', 'check .', `check . --output ${full}/report`],
    ...['explain ZG101', 'serve --for 0.1s', 'serve --fresh --for 0.1s', 'run . --no-install'],
    ...[`init ${full}/new --template hello --yes`, `init ${readOnly}/new --template hello --yes`],
    ...[`run . --events ${full}/events --no-install`, `skills add --dir ${full}`],
  ];
  for (let number = 0; number < tries; number += 1) {
    const disk = pick([full, noFiles, readOnly]);
    const names = ['XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'TMPDIR', 'HOME'];
    const meant = pick([...names, 'all']);
    const places = Object.fromEntries(
      names.map((name) => [name, name === meant || meant === 'all' ? disk : own]),
    );
    if (meant === 'HOME') for (const name of names.slice(0, 3)) delete places[name];
    const line = pick(lines);
    const env = { ...process.env, NO_COLOR: '1', HF_HUB_OFFLINE: '1', ...places };
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...line.split(' ')], {
      ...{ cwd: pick([space, space, readOnly]), env, encoding: 'utf8' },
      ...{ stdio: ['ignore', 'pipe', 'pipe'], timeout: WITHIN_MS, killSignal: 'SIGKILL' },
    });
    const named = `${line} with ${meant} on ${disk.slice(base.length + 1)}`;
    if (!CODES.includes(status))
      wrong.push(`${named}: ended with ${status}: ${stderr.slice(-300)}`);
    if (/^\s+at \S+ \(/m.test(stderr)) wrong.push(`${named}: a stack: ${stderr.slice(-300)}`);
  }
}

async function attack() {
  const base = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));
  mount(base, 'size=64m');
  let refused = 0;
  const disks = Math.ceil(ROUNDS / 4);
  for (let round = 0; round < disks; round += 1) refused += await serveOnFullDisk(base, round);
  commands(base, 4 * ROUNDS);
  conclude('disk', `${disks} disks, ${refused} refused, ${4 * ROUNDS} commands`, wrong);
  // The mounts end with the namespace.
  spawnSync('umount', ['-lR', base]);
  rmSync(base, { recursive: true, force: true });
}
