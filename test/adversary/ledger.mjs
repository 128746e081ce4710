/**
 * A ledger that was killed in the middle of its work, and is then damaged in every way of a list and at random
 * places: each start must be a state that was, a state that says what is lost, or a refusal that touches nothing.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=50 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/ledger.mjs
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
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
const older = join(base, 'older');
const other = join(base, 'other');

/** A host that works for a while; `SIGKILL` leaves its ledger as a crash does. */
async function host(state, signal, work) {
  const serve = await startServe(state, ['--gpus', '8']);
  const secret = secretOf(state);
  const use = (key, used) =>
    wire(
      serve.url,
      `control/v1/visitors/${key}/use`,
      { tier: 'free', used, runs: 1, resetsIn: 3600 },
      { authorization: `Bearer ${secret}` },
    );
  await work({ url: serve.url, secret, use });
  serve.child.kill(signal);
  await serve.ended;
}

await host(origin, 'SIGTERM', async ({ use }) => {
  for (let visitor = 0; visitor < VISITORS; visitor += 1) await use(`free:v${visitor}`, 5);
});
cpSync(origin, older, { recursive: true });
await host(origin, 'SIGTERM', ({ use }) => use('free:v1', 6));
await host(origin, 'SIGKILL', async ({ url, secret, use }) => {
  await registerSpace(url, secret, SPACE);
  for (let visitor = 0; visitor < VISITORS; visitor += 1) {
    const key = `free:v${visitor}`;
    await use(key, 10 * (visitor + 1));
    const token = signToken(secret, key, 'free');
    const call = { cgroupPath: SPACE, taskId: visitor, token, durationSeconds: 5 };
    await wire(url, 'schedule', call);
  }
});
await host(other, 'SIGKILL', ({ use }) => use('free:eve', 99));

const file = (state, suffix = '') => join(state, 'ledgers/serve', `ledger.db${suffix}`);
const flip = (path) => {
  const bytes = readFileSync(path);
  const at = Math.floor(draw() * bytes.length);
  bytes[at] ^= 1 << Math.floor(draw() * 8);
  writeFileSync(path, bytes);
};
const cut = (path) => truncateSync(path, Math.floor(draw() * readFileSync(path).length));
const remove = (state, ...suffixes) => {
  for (const suffix of suffixes) rmSync(file(state, suffix), { force: true });
};
const asFolder = (path) => {
  rmSync(path);
  mkdirSync(path);
};
const asPipe = (path) => {
  rmSync(path);
  spawnSync('mkfifo', [path]);
};
const replace = (from, to) => {
  cpSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
};
/** The file lies elsewhere from now on; or nowhere. */
const asLink = (path, to = `${path}.moved`) => {
  if (to === `${path}.moved`) renameSync(path, to);
  else rmSync(path);
  symlinkSync(to, path);
};
/** What is done, and what has to be said where the start continues with less. */
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
  ['db of an earlier day', (state) => cpSync(file(older), file(state)), 'any'],
  // Whole in itself; its pages may or may not bring its identity.
  ['WAL of another ledger', (state) => cpSync(file(other, '-wal'), file(state, '-wal')), 'another'],
  ['db of another ledger', (state) => cpSync(file(other), file(state)), 'another'],
  [
    'all of another ledger but the record',
    (state) => {
      remove(state, '', '-wal', '-shm', '-open');
      for (const suffix of ['', '-wal', '-open']) cpSync(file(other, suffix), file(state, suffix));
    },
    'refused',
  ],
  ['deleted record', (state) => remove(state, '-last'), null],
  ['emptied record', (state) => truncateSync(file(state, '-last'), 0), null],
  ['folder for the record', (state) => asFolder(file(state, '-last')), 'refused'],
  ['deleted db and WAL', (state) => remove(state, '', '-wal'), 'any'],
  ['all but shm deleted', (state) => remove(state, '', '-wal', '-open'), 'any'],
  ['all but the mark deleted', (state) => remove(state, '', '-wal', '-shm'), 'any'],
  ['emptied WAL', (state) => truncateSync(file(state, '-wal'), 0), 'was deleted'],
  ['folder for db', (state) => asFolder(file(state)), 'refused'],
  ['folder for WAL', (state) => asFolder(file(state, '-wal')), 'refused'],
  ['folder for shm', (state) => asFolder(file(state, '-shm')), 'refused'],
  ['pipe for db', (state) => asPipe(file(state)), 'refused'],
  ['pipe for WAL', (state) => asPipe(file(state, '-wal')), 'refused'],
  ['link for db', (state) => asLink(file(state)), 'refused'],
  ['link for WAL', (state) => asLink(file(state, '-wal')), 'refused'],
  ['link to nowhere for db', (state) => asLink(file(state), '/nowhere/db'), 'refused'],
  ['link to nowhere for WAL', (state) => asLink(file(state, '-wal'), '/nowhere/wal'), 'refused'],
  ['text for db', (state) => writeFileSync(file(state), 'this is not a database'), 'any'],
];

const hashOf = (state) =>
  ['', '-wal']
    .filter((suffix) => statSync(file(state, suffix), { throwIfNoEntry: false })?.isFile())
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
    if (!/E_LEDGER_(DAMAGED|NEWER|OLDER)|E_STATE_DIR/.test(said)) wrong.push(`${name}: ${said}`);
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
  if (!isWhole && wanted !== 'another' && !/was deleted|in the middle of a write/.test(said)) {
    wrong.push(`${name}: an older state, and nothing was said`);
  }
  rmSync(state, { recursive: true, force: true });
}

/** What befalls the files of a `serve` that writes them. */
const LIVE_HARMS = [
  ['deleted db', (state) => remove(state, '')],
  ['deleted WAL', (state) => remove(state, '-wal')],
  ['deleted shm', (state) => remove(state, '-shm')],
  ['deleted mark', (state) => remove(state, '-open')],
  ['deleted all', (state) => remove(state, '', '-wal', '-shm', '-open')],
  ['deleted folder', (state) => rmSync(join(state, 'ledgers'), { recursive: true })],
  ['db of an earlier day, renamed over it', (state) => replace(file(older), file(state))],
  ['db of an earlier day, copied into it', (state) => cpSync(file(older), file(state))],
  ['db cut to nothing', (state) => truncateSync(file(state), 0)],
  ['WAL cut to nothing', (state) => truncateSync(file(state, '-wal'), 0)],
  ['WAL cut', (state) => cut(file(state, '-wal'))],
  ['shm cut to nothing', (state) => truncateSync(file(state, '-shm'), 0)],
  ['flipped bit in db', (state) => flip(file(state))],
  ['flipped bit in WAL', (state) => flip(file(state, '-wal'))],
  ['link for db', (state) => asLink(file(state))],
  ['folder moved away', (state) => renameSync(join(state, 'ledgers'), join(state, 'moved'))],
];
for (const [name, harm] of LIVE_HARMS) {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const state = join(base, `live-${name}-${signal}`);
    let before = false;
    let after = false;
    let said = '';
    const serve = await startServe(state, ['--gpus', '8']);
    const authorization = `Bearer ${secretOf(state)}`;
    const use = async (key, used) => {
      const query = { tier: 'free', used, runs: 1, resetsIn: 3600 };
      const path = `control/v1/visitors/${key}/use`;
      return (await wire(serve.url, path, query, { authorization }))?.status === 204;
    };
    before = await use('free:before', 11);
    harm(state);
    after = await use('free:after', 22);
    // A second one: the first may have found out.
    const again = await use('free:again', 33);
    serve.child.kill(signal);
    await serve.ended;
    said += serve.stderr();
    try {
      const next = await startServe(state, ['--gpus', '8']);
      next.child.kill('SIGTERM');
      await next.ended;
      said += next.stderr();
    } catch (error) {
      seen.refused += 1;
      if (!/E_LEDGER_(DAMAGED|OLDER)|E_STATE_DIR/.test(String(error)))
        wrong.push(`live ${name}: ${error}`);
      continue;
    }
    const { visitors } = exported(state);
    const lost = [
      ['free:before', before, 11],
      ['free:after', after, 22],
      ['free:again', again, 33],
    ].filter(([key, wasTold, used]) => wasTold && visitors?.get(key)?.usedSeconds !== used);
    if (lost.length === 0) seen.whole += 1;
    else if (/was deleted|may be lost|in the middle of a write/.test(said)) seen.told += 1;
    else wrong.push(`live ${name}, ${signal}: ${lost.map(([key]) => key)} lost, nothing was said`);
    rmSync(state, { recursive: true, force: true });
  }
}
const tried = harms.length + 2 * LIVE_HARMS.length;
const figures = `${tried} ledgers: ${seen.whole} whole, ${seen.told} less and told, ${seen.refused} refused`;
conclude('ledger', figures, wrong);
if (process.exitCode === 0) rmSync(base, { recursive: true, force: true });
else say(`  kept: ${base}`);
