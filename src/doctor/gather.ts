/** Looks at the machine. Each look has an end: a program that hangs is one that does not answer. */
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { arch, release, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { findAllocators } from '../allocator/client/locator.js';
import { chosenPythons, findBasePython, findOnPath } from '../python-env/interpreters.js';
import { probePython } from '../python-env/probe.js';
import type { Environment } from '../python-env/types.js';
import { systemClock } from '../shared/clock.js';
import { holderOfPort } from '../shared/tcp-table.js';
import { whyUnwritable } from '../shared/unwritable.js';
import type { MachineFacts, NvidiaFacts, PythonFound } from './facts.js';

/** The port that `run` tries first. */
const PORT = 7860;
const ANSWER_WITHIN_MS = 10_000;
const NVIDIA_QUERY = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];

export interface Question {
  /** Folder of the Space whose Python is asked for. */
  readonly dir: string;
  readonly stateDir: string;
  readonly env: Environment;
  readonly version: string;
}

export async function gatherFacts({
  dir,
  stateDir,
  env,
  version,
}: Question): Promise<MachineFacts> {
  const [pythons, basePython, nvidia, port] = await Promise.all([
    findPythons(dir, env),
    findBasePython({ minor: null, belowMinor: null }, env, undefined),
    askNvidia(env),
    tryPort(PORT),
  ]);
  const nowMs = systemClock.now().wallMs;
  const compilers = ['g++', 'c++', 'clang++'].map((name) => findOnPath(name, env));
  return {
    zerogpu: version,
    node: process.versions.node,
    os: process.platform,
    osRelease: release(),
    arch: arch(),
    memoryBytes: totalmem(),
    pythons,
    basePython: basePython && `Python ${basePython.version}  ${basePython.executable}`,
    uv: findOnPath('uv', env),
    compiler: compilers.find((path) => path !== null) ?? null,
    nvidia,
    port,
    state: { dir: stateDir, ...judgeState(stateDir) },
    openFiles: openFileLimit(),
    clockBehindSeconds: Math.max(0, (newestFileMs(stateDir) - nowMs) / 1_000),
    now: new Date(nowMs).toISOString(),
    serve: findAllocators(stateDir).find(({ kind }) => kind === 'serve') ?? null,
  };
}

async function findPythons(dir: string, env: Environment): Promise<readonly PythonFound[]> {
  return Promise.all(
    chosenPythons(dir, env).map(async ({ command, origin }): Promise<PythonFound> => {
      const probed = await probePython(command, env);
      if (!probed.ok) {
        const { reason } = probed;
        return { command, origin, version: null, reason, packages: null, canFork: null };
      }
      const { version, packages } = probed.facts;
      const canFork = await askFork(command, env);
      return { command, origin, version, reason: null, packages, canFork };
    }),
  );
}

async function askFork(command: string, env: Environment): Promise<boolean> {
  const code = 'import multiprocessing as m; print("fork" in m.get_all_start_methods())';
  const { stdout } = await quick(command, ['-c', code], env);
  return stdout.trim().endsWith('True');
}

async function askNvidia(env: Environment): Promise<MachineFacts['nvidia']> {
  const program = findOnPath('nvidia-smi', env);
  if (program === null) return 'none';
  const { stdout, stderr, exitCode } = await quick(program, NVIDIA_QUERY, env);
  const cards = stdout.split('\n').flatMap((line): NvidiaFacts[] => {
    const [name, driver, memory] = line.split(',').map((part) => part.trim());
    return name && driver && memory ? [{ name, driver, memory }] : [];
  });
  if (exitCode === 0 && cards.length > 0) return cards;
  const said = `${stdout}\n${stderr}`.split('\n').find((line) => line.trim() !== '');
  return { failed: said?.trim() ?? 'no answer' };
}

async function quick(command: string, args: readonly string[], env: Environment) {
  const result = await execa(command, [...args], {
    env: { ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: ANSWER_WITHIN_MS,
  });
  return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode ?? null };
}

function tryPort(number: number): Promise<MachineFacts['port']> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => {
      const holder = holderOfPort(number);
      done({ number, free: false, holder: holder && `${holder.name} (pid ${holder.pid})` });
    });
    server.listen(number, '127.0.0.1', () => {
      server.close(() => done({ number, free: true, holder: null }));
    });
  });
}

/** What `run` would meet when it makes its folder there; nothing is made now. */
function judgeState(dir: string): { problem: string | null; fix: string } {
  const parts = [dir, join(dir, 'runs')];
  const file = parts.find(isFile);
  const why = file === undefined ? whyUnwritable(join(dir, 'runs')) : `${file} is a file.`;
  if (why === null && ![dir, tmpdir()].some(takesDirectIo)) {
    return {
      problem: `no folder takes direct I/O: not ${dir}, not ${tmpdir()}`,
      fix: 'zerogpu run --state-dir DIR   (a folder on a disk)',
    };
  }
  if (why === null) return { problem: null, fix: '' };
  return {
    problem: `the state folder ${dir} can't be used: ${why}`,
    fix: 'zerogpu run --state-dir DIR   (a folder that you may write to)',
  };
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Missing, or a path that can't be: the reason is looked for afterwards.
    return false;
  }
}

/** A file without a name (O_TMPFILE, of Linux) that is gone when it is closed. */
const NAMELESS = 0o20_000_000 | constants.O_DIRECTORY;

/** Whether the spaces package can keep its pack files there: it opens them with O_DIRECT. */
function takesDirectIo(dir: string): boolean {
  let at = dir;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    closeSync(openSync(at, NAMELESS | constants.O_RDWR | constants.O_DIRECT, 0o600));
    return true;
  } catch (error) {
    // Any other answer is of a file system without nameless files, and says nothing.
    return (error as NodeJS.ErrnoException).code !== 'EINVAL';
  }
}

function openFileLimit(): number | null {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/** When a ledger was last written, in milliseconds since 1970; 0 when there is none. */
function newestFileMs(stateDir: string): number {
  try {
    const names = readdirSync(join(stateDir, 'ledgers'), { recursive: true, encoding: 'utf8' });
    const times = names.map((name) => statSync(join(stateDir, 'ledgers', name)).mtimeMs);
    return Math.max(0, ...times);
  } catch {
    return 0;
  }
}
