/**
 * The emulated device on each PyTorch that it promises, one environment each.
 *
 *   node test/matrix/torch.js            all releases: CUDA builds of several GB each
 *   node test/matrix/torch.js 2.8        those whose version has this in it
 *
 * Prints one line a release; exit code 1 when one fails. Libraries are tested with the newest alone.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureNodePackages, fail, root, say } from '../../bin/dev/prepare.js';

const RELEASES = [
  ...['2.1.0', '2.1.1', '2.1.2', '2.2.0', '2.2.2', '2.4.1', '2.5.1', '2.6.0', '2.7.1', '2.8.0'],
  '2.13.0',
];
const TESTS = ['test_tensors.py', 'test_training.py'];

const wanted = process.argv[2] ?? '';
try {
  await ensureNodePackages();
  await ensureBuilt();
  for (const version of RELEASES.filter((release) => release.includes(wanted))) {
    await check(version);
  }
} catch (error) {
  fail(error);
}

async function check(version) {
  const { cacheDir, ensureNamedEnvironment } = await import('../../dist/environments.js');
  let verdict = 'cannot be installed';
  try {
    const requirements = [`torch==${version}`, version < '2.5' ? 'numpy<2' : 'numpy'];
    const python = await ensureNamedEnvironment('torch', requirements, {
      env: process.env,
      cacheDir: cacheDir(process.env),
      yes: true,
      report: ({ message }) => say(message),
    });
    const failed = TESTS.filter((test) => {
      const script = join(root, 'test/gpu/mock/emulated_cuda', test);
      return spawnSync(python, ['-B', script], { stdio: ['ignore', 2, 2] }).status !== 0;
    });
    verdict = failed.length === 0 ? 'passed' : `FAILED in ${failed.join(', ')}`;
  } catch (error) {
    say(String(error.message ?? error));
  }
  process.stdout.write(`torch ${version.padEnd(8)} ${verdict}\n`);
  if (verdict !== 'passed') process.exitCode = 1;
}
