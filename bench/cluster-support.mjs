/** A Valkey or Redis server for a bench, on a loopback port of its own. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from './support.mjs';

export async function startStore() {
  const installed = (name) => spawnSync('which', [name]).status === 0;
  const program = ['valkey-server', 'redis-server'].find(installed);
  if (!program) throw new Error('neither valkey-server nor redis-server is installed');
  const port = await freePort();
  const flags = ['--bind', '127.0.0.1', '--save', '', '--dir', temporaryFolder('store')];
  const child = spawn(program, ['--port', String(port), ...flags], { stdio: 'ignore' });
  process.on('exit', () => child.kill('SIGKILL'));
  await sleep(500);
  const words = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return { port, stop: () => child.kill(), version: words.split(' sha=')[0] };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
