/** What several benches share: folders that go with the process, packages from npm, memory of a process. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..');
export const CLI = join(ROOT, 'bin/zerogpu.js');

export const median = (numbers) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** A folder that is removed when the process ends. */
export function temporaryFolder(name) {
  const dir = mkdtempSync(join(tmpdir(), `zerogpu-bench-${name}-`));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Installs packages beside the project, not into it. @returns a `require` that finds them */
export function fromNpm(...packages) {
  const dir = temporaryFolder('npm');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', '--prefix', dir, ...flags, ...packages], { stdio: 'ignore' });
  return createRequire(join(dir, 'x.js'));
}

/**
 * Runs a program to its end.
 *
 * @returns wall and processor seconds, and the peak of its resident memory in MiB
 * @throws Error when it fails
 */
export function runProgram(file, args) {
  const startMs = performance.now();
  // GNU time is not everywhere; Python's resource module is, with what this project needs.
  const script =
    'import resource,subprocess,sys;c=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL).returncode;' +
    'u=resource.getrusage(resource.RUSAGE_CHILDREN);' +
    'sys.stderr.write(f"usage {u.ru_utime+u.ru_stime} {u.ru_maxrss}");sys.exit(c)';
  const { status, stderr } = spawnSync('python3', ['-c', script, file, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const wallSeconds = (performance.now() - startMs) / 1000;
  const found = /usage ([\d.]+) (\d+)$/.exec(stderr);
  if (status !== 0 || !found) throw new Error(`${file} ${args.join(' ')}\n${stderr}`);
  return { wallSeconds, cpuSeconds: Number(found[1]), peakMiB: Number(found[2]) / 1024 };
}
