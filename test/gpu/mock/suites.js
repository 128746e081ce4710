/**
 * Test suites of others on the emulated device: what passes on the CPU has to pass on `cuda`.
 *
 *   node test/gpu/mock/suites.js PYTHON
 *
 * PYTHON has torch, accelerate, transformers, pytest and parameterized. The suite of accelerate comes
 * from its source distribution, of the release that PYTHON has; nothing of it is kept. Exit code 1 when
 * a test that passes on the CPU fails on the device and is not listed below.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureBuilt, ensureNodePackages, fail, root, say } from '../../../bin/dev/prepare.js';

const FILES = [
  ...['accelerator', 'activation_checkpointing_offload', 'big_modeling', 'data_loader'],
  ...['dataclasses', 'grad_sync', 'hooks', 'imports', 'kwargs_handlers', 'logging', 'memory_utils'],
  ...['modeling_utils', 'offload', 'optimizer', 'scheduler', 'state_checkpointing', 'utils'],
].map((name) => `test_${name}.py`);

/** Failures that are right. */
const EXPECTED = [
  {
    why: 'torch.compile is refused on ZeroGPU, and so here',
    tests: /compile|test_convert_to_fp32$/,
  },
  { why: 'asks NVML for the cores next to the card', tests: /test_setting_cpu_affinity$/ },
];

const python = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-suites-'));
try {
  if (!python) throw new Error('usage: node test/gpu/mock/suites.js PYTHON');
  await ensureNodePackages();
  await ensureBuilt();
  process.exitCode = compare(unpackSuite());
} catch (error) {
  fail(error);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function unpackSuite() {
  const version = run(python, ['-c', 'import accelerate; print(accelerate.__version__)']).trim();
  say(`Fetching the source distribution of accelerate ${version}…`);
  const options = ['--no-deps', '--no-binary', ':all:', '--no-build-isolation', '--dest', scratch];
  run(python, ['-m', 'pip', 'download', '-q', ...options, `accelerate==${version}`]);
  const archive = readdirSync(scratch).find((name) => name.endsWith('.tar.gz'));
  run('tar', ['-xzf', join(scratch, archive), '-C', scratch]);
  return join(scratch, archive.replace(/\.tar\.gz$/, ''), 'tests');
}

function compare(dir) {
  const pytest = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-rA', ...FILES];
  say('On the CPU…');
  const onCpu = outcomes(python, pytest, dir);
  say('On the emulated device…');
  const cli = join(root, 'bin/zerogpu.js');
  const device = ['python', '--vram', '4GB', '--python', python, '--', ...pytest];
  const onDevice = outcomes(process.execPath, [cli, ...device], dir);

  const failed = [...onDevice].filter(([, outcome]) => outcome === 'FAILED').map(([name]) => name);
  const unexpected = failed.filter((name) => !EXPECTED.some(({ tests }) => tests.test(name)));
  const wrong = unexpected.filter((name) => onCpu.get(name) !== 'FAILED');
  process.stdout.write(`on the CPU      ${tally(onCpu)}\non the device   ${tally(onDevice)}\n`);
  for (const name of wrong) process.stdout.write(`  FAILED ${name}\n`);
  for (const { why, tests } of EXPECTED) {
    const count = failed.filter((name) => tests.test(name)).length;
    process.stdout.write(`  ${count} fail as they should: ${why}\n`);
  }
  return wrong.length === 0 ? 0 : 1;
}

function outcomes(command, args, cwd) {
  const env = {
    ...process.env,
    HF_HUB_OFFLINE: '1',
    PATH: [dirname(python), process.env.PATH].join(delimiter),
  };
  const { stdout } = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const lines = stdout.matchAll(/^(PASSED|FAILED|ERROR) (\S+::\S+)/gm);
  return new Map([...lines].map(([, outcome, name]) => [name, outcome.replace('ERROR', 'FAILED')]));
}

function tally(results) {
  const count = (wanted) => [...results.values()].filter((outcome) => outcome === wanted).length;
  return `${count('PASSED')} passed, ${count('FAILED')} failed`;
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}:\n${stderr}`);
  return stdout;
}
