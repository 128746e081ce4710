/**
 * All attacks one after the other, each in its nightly length, from one seed (of the day, unless one is given):
 *
 *   npm run build && ZEROGPU_ADVERSARY_SEED=7 node test/adversary/nightly.mjs
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { say } from './host.mjs';

const SEED = process.env.ZEROGPU_ADVERSARY_SEED ?? String(Math.floor(Date.now() / 86_400_000));
/** Rounds of each script. */
const ATTACKS = [
  ['kill-nine.mjs', 100],
  ['ledger.mjs', 50],
  ['folders.mjs', 50],
  ['disk.mjs', 60],
  ['terminal.mjs', 40],
  ['runs.mjs', 10],
  ['clock.mjs', 50],
  ['cluster.mjs', 100],
  ['other-user.mjs', 20],
  ['processes.js', 30],
];

const environment = (rounds) => ({
  ...process.env,
  ...{ ZEROGPU_ADVERSARY_SEED: SEED, ZEROGPU_ADVERSARY_ROUNDS: String(rounds) },
});

function attack(name, command, rounds) {
  const { status } = spawnSync(process.execPath, command, {
    ...{ cwd: resolve(import.meta.dirname, '../..'), stdio: 'inherit', env: environment(rounds) },
  });
  // 3: this machine lacks what the attack needs, as the script has said.
  if (status !== 0 && status !== 3) failed.push(name);
}

const failed = [];
for (const [name, rounds] of ATTACKS) {
  const flags = name === 'processes.js' ? ['--seed', SEED, '--rounds', String(rounds)] : [];
  attack(name, [join(import.meta.dirname, name), ...flags], rounds);
}
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', 'test/adversary'];
attack('gateway', vitest, 1_200);
say(failed.length === 0 ? `seed ${SEED}: nothing found` : `seed ${SEED}: found by ${failed}`);
process.exitCode = failed.length === 0 ? 0 : 1;
