/**
 * A process that shows the view of made-up snapshots on its terminal; built and started by
 * terminal.ts. Its first argument names the scene, signals and keys work as in the real one.
 */
import { quota } from '../../../src/tui/index.js';
import { fakeClient } from './client.js';
import { busySnapshot, emptySnapshot, manySnapshot, oneSnapshot } from './snapshots.js';

const scenes = {
  empty: emptySnapshot,
  one: oneSnapshot,
  busy: busySnapshot,
  many: () => manySnapshot(1_000, 5_000),
  crash: busySnapshot,
  SIGTERM: busySnapshot,
  SIGHUP: busySnapshot,
};

const scene = (process.argv[2] ?? 'busy') as keyof typeof scenes;
const client = fakeClient(scenes[scene]());
const interruption = new AbortController();
for (const name of ['SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interruption.abort(name));
}
if (scene === 'crash') {
  setTimeout(() => {
    throw new Error('a bug that was not caught');
  }, 1_000);
}
if (scene === 'SIGTERM' || scene === 'SIGHUP') {
  setTimeout(() => process.kill(process.pid, scene), 2_000);
}
const code = await quota(
  { rate: '1', ascii: process.argv.includes('--ascii') },
  {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    interrupted: interruption.signal,
  },
  () => ({ url: 'http://127.0.0.1:1', client }),
);
process.stdout.write(`left with ${code}\n`);
process.exitCode = code;
