/**
 * `node bin/dev/python-checks.js lint|types`: ruff and mypy over the project's own Python, from an
 * environment of their own. `npm run lint` and `npm run typecheck` run it after Biome and tsc.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ensureBuilt, ensureNodePackages, fail, root, say } from './prepare.js';

/** Exact releases: a new rule of a new release must not turn a green checkout red. */
const PACKAGES = ['ruff==0.17.6', 'mypy==2.4.1'];

/** Each is a folder whose modules import each other by these names. */
const TYPED = [
  { cwd: 'src/gpu/mock', args: ['-p', 'emulated_cuda'] },
  { cwd: 'src/run/python', args: ['.'] },
];

function run(program, args, cwd) {
  const { status, error } = spawnSync(program, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw error;
  return status ?? 1;
}

try {
  await ensureNodePackages();
  await ensureBuilt();
  const { cacheDir, ensureNamedEnvironment } = await import('../../dist/environments.js');
  const python = await ensureNamedEnvironment('python-checks', PACKAGES, {
    env: process.env,
    cacheDir: cacheDir(process.env),
    yes: true,
    report: ({ message }) => say(message),
  });
  const tool = (name) => join(dirname(python), name);
  const codes =
    process.argv[2] === 'lint'
      ? [run(tool('ruff'), ['check', 'src', 'bench', 'bin', 'templates'], root)]
      : TYPED.map(({ cwd, args }) =>
          run(tool('mypy'), ['--config-file', join(root, '.mypy.ini'), ...args], join(root, cwd)),
        );
  process.exitCode = Math.max(...codes);
} catch (error) {
  fail(error);
}
