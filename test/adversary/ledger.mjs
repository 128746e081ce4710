/**
 * A ledger that was killed in the middle of its work, and is then damaged in every way of a list and at random
 * places: each start must be a state that was, a state that says what is lost, or a refusal that touches nothing.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=50 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/ledger.mjs
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  conclude,
  exported,
  ROUNDS,
  randomNumbers,
  registerSpace,
  SEED,
  say,
  secretOf,
  signToken,
  startServe,
  wire,
} from './host.mjs';

const SPACE = '/zerogpu/adversary';
const VISITORS = 6;
const draw = randomNumbers(SEED);
const base = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));
const origin = join(base, 'origin');
const serve = await startServe(origin, ['--gpus', '8']);
const secret = secretOf(origin);
await registerSpace(serve.url, secret, SPACE);
for (let visitor = 0; visitor < VISITORS; visitor += 1) {
  const key = `free:v${visitor}`;
  const use = { tier: 'free', used: 10 * (visitor + 1), runs: 1, resetsIn: 3600 };
  const authorization = `Bearer ${secret}`;
  await wire(serve.url, `control/v1/visitors/${key}/use`, use, { authorization });
  const token = signToken(secret, key, 'free');
  await wire(serve.url, 'schedule', {
    cgroupPath: SPACE,
    taskId: visitor,
    token,
    durationSeconds: 5,
  });
}
serve.child.kill('SIGKILL');
await serve.ended;

const file = (state, suffix = '') => join(state, 'ledgers/serve', `ledger.db${suffix}`);
const flip = (path) => {
  const bytes = readFileSync(path);
  const at = Math.floor(draw() * bytes.length);
  bytes[at] ^= 1 << Math.floor(draw() * 8);
  writeFileSync(path, bytes);
};
const cut = (path) => truncateSync(path, Math.floor(draw() * readFileSync(path).length));
/** What is done, and what has to be said where the start goes on with less. */
const HARMS = [
  ['nothing', () => {}, null],
  ['deleted db', (state) => unlinkSync(file(state)), 'refused'],
  ['emptied db', (state) => truncateSync(file(state), 0), 'refused'],
  ['deleted WAL', (state) => unlinkSync(file(state, '-wal')), 'was deleted'],
  [
    'deleted WAL and shm',
    (state) => ['-wal', '-shm'].map((s) => unlinkSync(file(state, s))),
    'was deleted',
  ],
  ['deleted shm', (state) => unlinkSync(file(state, '-shm')), null],
  ['flipped bit in db', (state) => flip(file(state)), 'any'],
  ['flipped bit in WAL', (state) => flip(file(state, '-wal')), 'any'],
  ['cut db', (state) => cut(file(state)), 'any'],
  ['cut WAL', (state) => cut(file(state, '-wal')), 'any'],
  ['text for db', (state) => writeFileSync(file(state), 'this is not a database'), 'any'],
];

const hashOf = (state) =>
  ['', '-wal']
    .filter((suffix) => existsSync(file(state, suffix)))
    .map((suffix) =>
      createHash('sha256')
        .update(readFileSync(file(state, suffix)))
        .digest('hex'),
    )
    .join(' ');

const wrong = [];
const seen = { whole: 0, told: 0, refused: 0 };
// A copy is read: reading takes the log in.
const first = join(base, 'first');
cpSync(origin, first, { recursive: true });
const whole = exported(first).visitors;
const harms = Array.from({ length: ROUNDS + HARMS.length }, (_, round) =>
  round < HARMS.length ? HARMS[round] : HARMS[Math.floor(draw() * HARMS.length)],
);
for (const [round, [name, harm, wanted]] of harms.entries()) {
  const state = join(base, `copy-${round}`);
  cpSync(origin, state, { recursive: true });
  harm(state);
  const before = hashOf(state);
  let started = null;
  let said = '';
  try {
    started = await startServe(state, ['--gpus', '8']);
    said = started.stderr();
  } catch (error) {
    said = String(error);
  }
  if (!started) {
    seen.refused += 1;
    if (!/E_LEDGER_DAMAGED|E_STATE_DIR|E_LEDGER_NEWER/.test(said)) wrong.push(`${name}: ${said}`);
    if (hashOf(state) !== before) wrong.push(`${name}: refused, but the files have changed`);
    if (wanted === null) wrong.push(`${name}: refused without a reason: ${said}`);
    continue;
  }
  started.child.kill('SIGTERM');
  await started.ended;
  const { visitors } = exported(state);
  const isWhole = [...(whole ?? [])].every(
    ([key, entry]) => visitors?.get(key)?.usedSeconds === entry.usedSeconds,
  );
  if (isWhole) seen.whole += 1;
  else seen.told += 1;
  if (wanted === 'refused') wrong.push(`${name}: was taken for whole`);
  if (!isWhole && !/was deleted|in the middle of a write/.test(said)) {
    wrong.push(`${name}: an older state, and nothing was said`);
  }
  rmSync(state, { recursive: true, force: true });
}
const figures = `${harms.length} ledgers: ${seen.whole} whole, ${seen.told} less and told, ${seen.refused} refused`;
conclude('ledger', figures, wrong);
if (process.exitCode === 0) rmSync(base, { recursive: true, force: true });
else say(`  kept: ${base}`);
