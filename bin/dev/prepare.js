/**
 * Set-up of a clone, shared by `npm run setup`, `npm run demo` and `npm test`. It may use nothing but
 * Node itself, since it runs before any package is installed. What is done already is not done again.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Says on stderr what is going on: stdout is for results. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Runs a command with its output on stderr; rejects when it fails. */
export function runCommand(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? `code ${code}`}`));
    });
  });
}

/** `npm ci`, unless the packages of this very lock file are there. */
export async function ensureNodePackages() {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  const wanted = `${lock.digest('hex')} node ${process.versions.modules}`;
  const stamp = join(root, 'node_modules', '.zerogpu-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Installing Node packages (about 250 MB on disk, a minute or less)…');
  await runCommand(process.platform === 'win32' ? 'npm.cmd' : 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
  ]);
  writeFileSync(stamp, wanted);
}

/** Builds dist/ when a source file is newer than it. */
export async function ensureBuilt() {
  const built = join(root, 'dist', 'cli.js');
  const sources = ['src', 'package.json', 'tsup.config.ts'].map((path) => join(root, path));
  if (existsSync(built) && newest(sources) <= statSync(built).mtimeMs) return;
  say('Building zerogpu…');
  await runCommand(process.execPath, [
    join(root, 'node_modules/tsup/dist/cli-default.js'),
    '--silent',
  ]);
}

function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      const below = readdirSync(path).filter((name) => name !== '__pycache__');
      latest = Math.max(latest, stat.mtimeMs, newest(below.map((name) => join(path, name))));
    } else {
      latest = Math.max(latest, stat.mtimeMs);
    }
  }
  return latest;
}

/** Ends the process with one sentence instead of a stack: set-up failures are the world's. */
export function fail(error) {
  say(`error  ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 3;
}
