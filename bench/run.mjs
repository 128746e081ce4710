/**
 * `npm run bench`: every performance claim of this project, each measured beside a named peer in one run, written
 * to bench/results.json and docs/benchmarks.md. README and docs quote no other figures.
 *
 *   npm run bench                       all claims, about 40 minutes on two idle cores
 *   npm run bench -- startup gateway    these, the others keep their last figures
 *   npm run bench -- --list             what there is
 *
 * A claim whose peer is not installed is skipped and says what to install. ZEROGPU_BENCH_PYTHON is an interpreter
 * with gradio, spaces and torch (that of `npm test` by default).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus, homedir, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { claims } from './claims.mjs';
import { renderPage } from './page.mjs';
import { ROOT } from './support.mjs';

const RESULTS = join(ROOT, 'bench/results.json');
const asked = process.argv.slice(2);
const python = process.env.ZEROGPU_BENCH_PYTHON ?? testPython();

/** The newest environment that `npm test` has made; null where there is none. */
function testPython() {
  const dir = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'zerogpu/envs');
  if (!existsSync(dir)) return null;
  const [newest] = readdirSync(dir)
    .filter((name) => /^tests-[0-9a-f]+$/.test(name))
    .map((name) => join(dir, name, 'bin/python'))
    .filter((path) => existsSync(path))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return newest ?? null;
}

/** @returns the object that the bench prints with --json; throws with its stderr when it fails */
function measure({ command }) {
  const [file, ...args] = command({ node: process.execPath, python, root: ROOT });
  if (!file) throw new Error('no Python with gradio, spaces and torch: run `npm test` once');
  const { status, stdout, stderr } = spawnSync(file, [...args, '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 1_800_000,
  });
  if (status !== 0)
    throw new Error(stderr.trim().split('\n').slice(-3).join('\n') || `exit code ${status}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const version = (file, args) => spawnSync(file, args, { encoding: 'utf8' }).stdout?.trim() || null;
const machine = () => ({
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  python: python
    ? version(python, ['-c', 'import platform; print(platform.python_version())'])
    : null,
  torch: python ? version(python, ['-c', 'import torch; print(torch.__version__)']) : null,
});

if (asked.includes('--list')) {
  for (const { id, claim } of claims) console.log(`${id.padEnd(14)} ${claim}`);
  process.exit(0);
}
const unknown = asked.filter((id) => !claims.some((claim) => claim.id === id));
if (unknown.length > 0) {
  console.error(`There is no claim ${unknown.join(', ')}. The claims: npm run bench -- --list`);
  process.exit(2);
}
const results = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
let failed = 0;
for (const claim of claims) {
  if (asked.length > 0 && !asked.includes(claim.id)) continue;
  const missing = claim.needs?.({ python });
  if (missing) {
    console.error(`${claim.id}: skipped, needs ${missing}`);
    continue;
  }
  const loadBefore = loadavg()[0];
  const startMs = performance.now();
  console.error(`${claim.id}: ${claim.claim}…`);
  try {
    const measured = measure(claim);
    const figures = claim.figures(measured);
    const on = new Date().toISOString().slice(0, 10);
    results[claim.id] = { on, load: Number(loadBefore.toFixed(1)), machine: machine(), figures };
    for (const { name, value, goal } of figures)
      console.error(`  ${name}: ${value} (goal ${goal ?? 'none'})`);
    console.error(`  in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
    writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
    writeFileSync(join(ROOT, 'docs/benchmarks.md'), renderPage(claims, results));
  } catch (error) {
    failed += 1;
    console.error(`  failed: ${error.message}`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
