/**
 * Every pair of Gradio and `spaces` that `run` promises to work with, one environment each.
 *
 *   node test/matrix/run.js            all pairs (each new one downloads and takes a minute)
 *   node test/matrix/run.js 4.44       the pairs whose name has this in it
 *
 * Prints one line a pair; exit code 1 when one fails.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureNodePackages, fail, root, say } from '../../bin/dev/prepare.js';

const TORCH = 'torch==2.13.0';
/** What releases of that time forgot to state: see src/python-env/known-versions.ts. */
const LIMITS = ['huggingface_hub<1.0', 'starlette<1.0', 'pydantic<2.11'];
/**
 * Releases that go together. spaces 0.30 with a Gradio newer than it (5.50, 6.31) fails in the
 * package itself, without any of us: Gradio's LocalContext.progress has lost its default value.
 */
const PAIRS = [
  { gradio: '4.44.1', spaces: '0.30.4', limits: LIMITS },
  { gradio: '4.44.1', spaces: '0.51.3', limits: LIMITS },
  { gradio: '5.4.0', spaces: '0.30.4', limits: LIMITS },
  { gradio: '5.50.0', spaces: '0.51.3', limits: [] },
  { gradio: '6.31.0', spaces: '0.51.3', limits: [] },
];

const wanted = process.argv[2] ?? '';
try {
  await ensureNodePackages();
  await ensureBuilt();
  for (const pair of PAIRS) {
    const name = `gradio ${pair.gradio}, spaces ${pair.spaces}`;
    if (name.includes(wanted)) await check(name, pair);
  }
} catch (error) {
  fail(error);
}

async function check(name, { gradio, spaces, limits }) {
  const { cacheDir, ensureNamedEnvironment } = await import('../../dist/environments.js');
  const requirements = [`gradio[oauth]==${gradio}`, `spaces==${spaces}`, TORCH, ...limits];
  let verdict = 'cannot be installed together';
  try {
    const python = await ensureNamedEnvironment('matrix', requirements, {
      env: process.env,
      cacheDir: cacheDir(process.env),
      yes: true,
      report: ({ message }) => say(message),
    });
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const result = spawnSync(process.execPath, [vitest, 'run', '--project', 'matrix'], {
      cwd: root,
      env: { ...process.env, ZEROGPU_TEST_PYTHON: python, ZEROGPU_MATRIX_PAIR: name },
      stdio: ['ignore', 2, 2],
    });
    verdict = result.status === 0 ? 'passed' : 'FAILED';
  } catch (error) {
    say(String(error.message ?? error));
  }
  process.stdout.write(`${name.padEnd(34)} ${verdict}\n`);
  if (verdict !== 'passed') process.exitCode = 1;
}
