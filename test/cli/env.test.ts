/** The command on a cache of small folders; one of them belongs to a process that runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptPythonFor } from '../../src/python-env/kept.js';
import { zerogpu } from '../support/cli.js';

let root: string;
let running: ChildProcess | null = null;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'zerogpu-env-'));
});
afterEach(() => {
  running?.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const dirOf = (name: string) => join(root, 'zerogpu/envs', name);

function environment(name: string, space: string, usedAtSeconds: number): void {
  const packages = join(dirOf(name), 'lib/python3.11/site-packages');
  mkdirSync(join(packages, 'torch-2.8.0+cpu.dist-info'), { recursive: true });
  mkdirSync(join(dirOf(name), 'bin'));
  symlinkSync('/bin/sleep', join(dirOf(name), 'bin/python'));
  writeFileSync(join(dirOf(name), 'pyvenv.cfg'), 'version_info = 3.11.7\n');
  const marker = join(dirOf(name), '.zerogpu-complete');
  writeFileSync(marker, JSON.stringify({ name, space }));
  utimesSync(marker, usedAtSeconds, usedAtSeconds);
}

it('lists environments, and removes those that nothing uses', async () => {
  const [used, old, half] = ['used-0123456789ab', 'old-0123456789ab', 'half-0123456789ab'];
  environment(used, '/spaces/one', 1_000);
  environment(old, '/spaces/two', 2_000);
  mkdirSync(dirOf(half));
  mkdirSync(dirOf('not-ours'));
  running = spawn(join(dirOf(used), 'bin/python'), ['60'], { stdio: 'ignore' });
  const env = { XDG_CACHE_HOME: root };

  const listed = await zerogpu(['env', 'list', '--json'], { env });
  const { environments } = JSON.parse(listed.stdout);
  const facts = environments.map((one: Record<string, unknown>) => [
    one['name'],
    one['space'],
    one['python'],
    one['torch'],
    one['lastUsed'],
    one['state'],
  ]);
  expect(facts).toEqual([
    [half, null, null, null, null, 'incomplete'],
    [old, '/spaces/two', '3.11.7', '2.8.0+cpu', '1970-01-01T00:33:20.000Z', 'ready'],
    [used, '/spaces/one', '3.11.7', '2.8.0+cpu', '1970-01-01T00:16:40.000Z', 'in use'],
  ]);

  const unasked = await zerogpu(['env', 'rm', '--all'], { env });
  expect([unasked.code, existsSync(dirOf(old))]).toEqual([2, true]);
  const named = await zerogpu(['env', 'rm', used, '--yes'], { env });
  expect([named.code, named.stderr]).toEqual([3, expect.stringContaining('is in use')]);
  const all = await zerogpu(['env', 'rm', '--all', '--yes'], { env });
  expect(all.stderr).toContain(`kept ${used}: in use`);
  expect([half, old, used, 'not-ours'].map((name) => existsSync(dirOf(name)))).toEqual([
    ...[false, false, true, true],
  ]);
});

it('finds the Python of the environment that was used last for a Space', async () => {
  const space = join(root, 'space');
  mkdirSync(space);
  environment('space-0123456789ab', space, 2_000);
  environment('space-ba9876543210', space, 1_000);
  const cache = join(root, 'zerogpu');
  expect(await keptPythonFor(space, cache)).toBe(join(dirOf('space-0123456789ab'), 'bin/python'));
  expect(await keptPythonFor(root, cache)).toBeNull();
});
