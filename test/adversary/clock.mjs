/**
 * The wall clock of a running `serve` goes back and forth by random amounts: no window may end early. Needs
 * libfaketime (`apt-get install faketime`), which moves the wall clock and leaves the monotonic one alone.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=50 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/clock.mjs
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { conclude, ROUNDS, randomNumbers, SEED, say, secretOf, startServe, wire } from './host.mjs';

const DAY_SECONDS = 86_400;
const LIBRARY = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64']
  .map((folder) => join(folder, 'faketime/libfaketime.so.1'))
  .find((path) => existsSync(path));
if (LIBRARY === undefined) {
  say('clock: faketime is not installed, nothing was tried');
  process.exitCode = 3;
} else {
  await attack();
}

async function attack() {
  const draw = randomNumbers(SEED);
  const state = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));
  const rc = join(state, 'faketime.rc');
  const set = (seconds) => writeFileSync(rc, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
  set(0);
  const clock = [`FAKETIME_TIMESTAMP_FILE=${rc}`, 'FAKETIME_NO_CACHE=1'];
  const preload = [`LD_PRELOAD=${LIBRARY}`, 'FAKETIME_DONT_FAKE_MONOTONIC=1'];
  const serve = await startServe(state, [], ['env', ...clock, ...preload]);
  const authorization = `Bearer ${secretOf(state)}`;
  const visitor = async () => {
    const target = `${serve.url}/control/v1/visitors/free:ada?tier=free`;
    return (await fetch(target, { headers: { authorization } })).json();
  };
  const use = { tier: 'free', used: 100, runs: 1, resetsIn: DAY_SECONDS - 60 };
  await wire(serve.url, 'control/v1/visitors/free:ada/use', use, { authorization });
  const startedMs = performance.now();
  const wrong = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Never beyond the true time: whatever is passed twice must count once.
    set(-Math.floor(draw() * DAY_SECONDS));
    await sleep(30);
    await wire(serve.url, 'control/v1/time/advance', { seconds: 0 }, { authorization });
    set(0);
    await sleep(30);
    await wire(serve.url, 'control/v1/time/advance', { seconds: 0 }, { authorization });
    const { usedSeconds, resetsInSeconds } = await visitor();
    const least = DAY_SECONDS - 60 - (performance.now() - startedMs) / 1000 - 1;
    if (usedSeconds !== 100) wrong.push(`round ${round}: ${usedSeconds} s used, not 100`);
    if (resetsInSeconds < least) wrong.push(`round ${round}: resets in ${resetsInSeconds} s`);
  }
  serve.child.kill('SIGTERM');
  await serve.ended;
  conclude('clock', `${ROUNDS} rounds`, wrong);
  rmSync(state, { recursive: true, force: true });
}
