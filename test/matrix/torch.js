/**
 * The emulated device on each PyTorch that it promises, one environment each.
 *
 *   node test/matrix/torch.js            all releases: CUDA builds of several GB each
 *   node test/matrix/torch.js 2.8        those whose version has this in it
 *   node test/matrix/torch.js --python PATH    the one in this environment, with gradio and spaces
 *
 * For each the tests of tensors and training, and the template `hello` under `zerogpu run` with the real
 * `spaces` and one call. Prints one line a release; exit code 1 when one fails. Libraries are tested with
 * the newest alone.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureNodePackages, fail, root, say } from '../../bin/dev/prepare.js';

const RELEASES = [
  // The lists of both platforms (src/platform/profiles).
  ...['2.1.0', '2.1.1', '2.1.2', '2.2.0', '2.2.2', '2.4.0', '2.5.1', '2.6.0', '2.7.1', '2.8.0'],
  ...['2.9.1', '2.10.0', '2.11.0', '2.12.1', '2.13.0'],
];
const TESTS = ['test_tensors.py', 'test_training.py'];

/** What Spaces run on; the newest Gradio needs nothing of PyTorch. */
const SPACE = ['gradio[oauth]==6.31.0', 'spaces==0.51.3'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string' } },
});
const wanted = positionals[0] ?? '';
try {
  await ensureNodePackages();
  await ensureBuilt();
  if (values.python) report('at hand', verdictOf(values.python));
  const releases = values.python ? [] : RELEASES.filter((release) => release.includes(wanted));
  for (const version of releases) await check(version);
} catch (error) {
  fail(error);
}

async function check(version) {
  const { cacheDir, ensureNamedEnvironment } = await import('../../dist/environments.js');
  let verdict = 'cannot be installed';
  try {
    const requirements = [`torch==${version}`, version < '2.5' ? 'numpy<2' : 'numpy', ...SPACE];
    const python = await ensureNamedEnvironment('torch', requirements, {
      env: process.env,
      cacheDir: cacheDir(process.env),
      yes: true,
      report: ({ message }) => say(message),
    });
    verdict = verdictOf(python);
  } catch (error) {
    say(String(error.message ?? error));
  }
  report(version, verdict);
}

function report(version, verdict) {
  process.stdout.write(`torch ${version.padEnd(8)} ${verdict}\n`);
  if (verdict !== 'passed') process.exitCode = 1;
}

function verdictOf(python) {
  const failed = TESTS.filter((test) => {
    const script = join(root, 'test/gpu/mock/emulated_cuda', test);
    return spawnSync(python, ['-B', script], { stdio: ['ignore', 2, 2] }).status !== 0;
  });
  if (!answersHello(python)) failed.push('hello');
  return failed.length === 0 ? 'passed' : `FAILED in ${failed.join(', ')}`;
}

/** The template under `zerogpu run`, called once. */
function answersHello(python) {
  const state = mkdtempSync(join(tmpdir(), 'zerogpu-hello-'));
  try {
    const ask = [python, join(root, 'test/support/e2e/ask.py'), '/greet', 'Ada'];
    const args = ['run', join(root, 'templates/hello'), '--python', python, '--port', '0'];
    const result = spawnSync(
      process.execPath,
      [join(root, 'bin/zerogpu.js'), ...args, '--state-dir', state, '--', ...ask],
      { stdio: ['ignore', 'pipe', 2], encoding: 'utf8' },
    );
    return result.status === 0 && result.stdout.includes('Ada');
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}
