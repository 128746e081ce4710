import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const BIN = join(ROOT, 'bin/zerogpu.js');

/** How a command line ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  /** On top of an environment without any ZEROGPU_ variable. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: NodeJS.Signals;
}

/** The fixture of that name, as an absolute path. */
export const fixture = (name: string) => join(ROOT, 'test/fixtures/spaces', name);

/** Runs the built command line as a process, to its end. */
export function zerogpu(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  if (!existsSync(join(ROOT, 'dist/cli.js'))) {
    execFileSync(join(ROOT, 'node_modules/.bin/tsup'), ['--silent'], { cwd: ROOT });
  }
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ZEROGPU_'));
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...Object.fromEntries(own), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (part) => {
      said[name] += part;
    });
  }
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => done({ code, ...said }));
  });
}
