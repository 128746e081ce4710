/** The ledger on a real disk, with real SQLite: what is kept, what is refused, what is repaired. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
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
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeState, quotaOf, type StoredState, step } from '../../../src/allocator/core/index.js';
import type { AllocatorState } from '../../../src/allocator/core/types.js';
import { openDatabase } from '../../../src/allocator/store/database.js';
import { MIGRATIONS, migrate, versionOf } from '../../../src/allocator/store/format.js';
import {
  exportState,
  importState,
  type Ledger,
  type LedgerStatus,
  ledgerPath,
  lockLedger,
  type OpenedLedger,
  openLedger,
  parseExportedState,
  readLedger,
} from '../../../src/allocator/store/index.js';
import { isSnapshotDue } from '../../../src/allocator/store/ledger.js';
import { systemClock } from '../../../src/shared/clock.js';
import { UserError } from '../../../src/shared/errors.js';
import { storedOf, visitor, World } from '../../support/allocator/world.js';

let dir: string;
const open: OpenedLedger[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'zerogpu-ledger-'));
});
afterEach(async () => {
  for (const opened of open.splice(0)) await opened.release();
  rmSync(dir, { recursive: true, force: true });
});

interface Writing {
  readonly ledger: Ledger;
  readonly durable: () => number;
  readonly statuses: [LedgerStatus, string | null][];
}

/** Opens the folder and writes the world's further events into it. */
async function write(state: AllocatorState): Promise<Writing> {
  const opened = await openLedger(dir);
  open.push(opened);
  let durable = 0;
  const statuses: [LedgerStatus, string | null][] = [];
  const ledger = opened.start({
    clock: systemClock,
    encode: () => JSON.stringify(encodeState(state)),
    onDurable: (seq) => {
      durable = seq;
    },
    onStatus: (status, problem) => void statuses.push([status, problem]),
    onFatal: (error) => {
      throw error;
    },
  });
  return { ledger, durable: () => durable, statuses };
}

/** A world that has lived a little, with its events in the ledger. */
async function lived(calls: number): Promise<World & { writing: Writing }> {
  const world = new World({ gpus: 4 });
  const writing = await write(world.state);
  const append = () => {
    for (const event of world.events.splice(0)) writing.ledger.append(event);
  };
  for (let call = 1; call <= calls; call += 1) {
    world.run({ user: `free:u${call % 7}`, duration: 5, seconds: 0.5 });
    append();
    // The first commit brings the snapshot; the rest are events.
    if (call === 1) await writing.ledger.flush();
  }
  await writing.ledger.flush();
  return Object.assign(world, { writing });
}

/** As after kill -9: the lock goes, nothing is written any more. */
async function abandonAll(): Promise<void> {
  for (const opened of open.splice(0)) await opened.release();
}

function plain(state: AllocatorState): StoredState {
  return storedOf(state);
}

describe('what was durable', () => {
  it('is the state again, without a clean end', async () => {
    const world = await lived(30);
    await abandonAll();
    const opened = await openLedger(dir);
    open.push(opened);
    expect(opened.recovered.state && plain(opened.recovered.state)).toEqual(plain(world.state));
    expect(opened.recovered.repairs).toEqual([]);
    expect(opened.sameBoot).toBe(true);
  });

  it('is the state again after a clean end, from the snapshot alone', async () => {
    const world = await lived(30);
    await world.writing.ledger.close();
    await abandonAll();
    const opened = await openLedger(dir);
    open.push(opened);
    expect(opened.recovered.seq).toBe(opened.recovered.snapshotSeq);
    expect(opened.recovered.state && plain(opened.recovered.state)).toEqual(plain(world.state));
  });

  it('can be read while it is written', async () => {
    const world = await lived(5);
    const { state } = readLedger(ledgerPath(dir));
    expect(state && plain(state)).toEqual(plain(world.state));
  });

  it('is recorded in order, and every event once', async () => {
    const world = new World();
    const writing = await write(world.state);
    const seqs = Array.from({ length: 500 }, () => {
      world.send({ type: 'tick' });
      return writing.ledger.append({ type: 'tick', at: world.now });
    });
    expect(seqs).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    await writing.ledger.flush();
    expect(writing.durable()).toBe(500);
  });

  it('is for its user alone', async () => {
    await lived(1);
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(ledgerPath(dir) + suffix).mode & 0o077).toBe(0);
    }
  });
});

describe('one writer', () => {
  it('has the lock: the second one’s error names the first', async () => {
    await lived(1);
    await expect(openLedger(dir)).rejects.toMatchObject({
      code: 'E_STATE_LOCKED',
      message: expect.stringContaining(`pid ${process.pid}`),
    });
  });

  it('is one of twenty that start at once', async () => {
    const starts = await Promise.allSettled(Array.from({ length: 20 }, () => lockLedger(dir)));
    const won = starts.filter((start) => start.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const start of won) await start.value.release();
  });

  it('leaves nothing behind that blocks the next', async () => {
    await (await lockLedger(dir)).release();
    await (await lockLedger(dir)).release();
    expect(existsSync(join(dir, 'owner.json'))).toBe(true);
  });
});

describe('damage', () => {
  it('of the end is truncated, reported and kept aside', async () => {
    await lived(40);
    const wal = `${ledgerPath(dir)}-wal`;
    const copy = copyOf(dir);
    truncateSync(join(copy, 'ledger.db-wal'), statSync(wal).size - 700);
    const opened = await openLedger(copy);
    expect(opened.recovered.repairs).toEqual([expect.stringContaining('in the middle of a write')]);
    expect(existsSync(join(copy, 'ledger.db-wal.torn'))).toBe(true);
    expect(opened.recovered.seq).toBeGreaterThan(0);
    await opened.release();
  });

  it('in the middle of the log is refused with the place, and the file is untouched', async () => {
    await manyCommits();
    const copy = copyOf(dir);
    const wal = join(copy, 'ledger.db-wal');
    const bytes = readFileSync(wal);
    bytes[32 + 24 + 2000] = (bytes[32 + 24 + 2000] ?? 0) ^ 0xff;
    writeFileSync(wal, bytes);
    await expect(openLedger(copy)).rejects.toMatchObject({
      code: 'E_LEDGER_DAMAGED',
      why: expect.stringContaining('at byte 32'),
    });
    expect(readFileSync(wal).equals(bytes)).toBe(true);
  });

  it('of a row is refused: the checksum does not match', async () => {
    const world = await lived(5);
    await world.writing.ledger.close();
    await abandonAll();
    const database = openDatabase(ledgerPath(dir));
    database.exec(`UPDATE snapshots SET body = replace(body, '"usedMs":', '"usedMs":1')`);
    database.close();
    await expect(openLedger(dir)).rejects.toMatchObject({
      code: 'E_LEDGER_DAMAGED',
      why: expect.stringContaining('checksum'),
    });
  });

  it('by a missing event is refused', async () => {
    await lived(5);
    await abandonAll();
    const database = openDatabase(ledgerPath(dir));
    database.exec('DELETE FROM events WHERE seq = 9');
    database.close();
    await expect(openLedger(dir)).rejects.toMatchObject({
      code: 'E_LEDGER_DAMAGED',
      why: expect.stringContaining('Event 9 is missing'),
    });
  });

  it.each([
    ['text', 'this is no database'],
    ['half a header', 'SQLite format 3\0\x10'],
  ])('beyond recognition (%s) is refused', async (_what, content) => {
    writeFileSync(ledgerPath(dir), content);
    await expect(openLedger(dir)).rejects.toMatchObject({ code: 'E_LEDGER_DAMAGED' });
    expect(readFileSync(ledgerPath(dir), 'latin1')).toBe(content);
  });

  it('anywhere gives a state that was, or a refusal, never another state', async () => {
    const world = await lived(12);
    const states = await everyState(world);
    await abandonAll();
    const files = ['ledger.db', 'ledger.db-wal'] as const;
    const file = fc.constantFrom(...files);
    await fc.assert(
      fc.asyncProperty(file, fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(7), flip),
      { numRuns: 120 },
    );

    async function flip(name: (typeof files)[number], place: number, bit: number): Promise<void> {
      const copy = copyOf(dir);
      const bytes = readFileSync(join(copy, name));
      const at = Math.floor(bytes.length * place);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      writeFileSync(join(copy, name), bytes);
      try {
        const opened = await openLedger(copy);
        await opened.release();
        const { state } = opened.recovered;
        expect(states).toContain(state === null ? 'null' : JSON.stringify(plain(state)));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expect(error.code).toMatch(/^E_(LEDGER_DAMAGED|LEDGER_NEWER|STATE_DIR)$/);
      } finally {
        rmSync(copy, { recursive: true });
      }
    }
  });

  it.each([
    ['deleted', (path: string) => unlinkSync(path)],
    ['emptied', (path: string) => truncateSync(path, 0)],
  ])(
    'by a file that was %s beside its log is refused, and the log is untouched',
    async (_how, harm) => {
      await lived(12);
      await abandonAll();
      const copy = copyOf(dir);
      harm(ledgerPath(copy));
      const log = readFileSync(`${ledgerPath(copy)}-wal`);
      const refusal = { code: 'E_LEDGER_DAMAGED', why: expect.stringContaining('ledger.db-wal') };
      await expect(openLedger(copy)).rejects.toMatchObject(refusal);
      expect(() => readLedger(ledgerPath(copy))).toThrow(expect.objectContaining(refusal));
      expect(readFileSync(`${ledgerPath(copy)}-wal`).equals(log)).toBe(true);
    },
  );

  it.each([
    ['a folder', '', (path: string) => mkdirSync(path)],
    ['a folder', '-wal', (path: string) => mkdirSync(path)],
    ['a pipe', '', (path: string) => execFileSync('mkfifo', [path])],
    ['a pipe', '-wal', (path: string) => execFileSync('mkfifo', [path])],
    // SQLite would look for the log beside the file that the link leads to.
    ['a link', '', (path: string) => symlinkSync(`${path}.moved`, path)],
    ['a link to nothing', '-shm', (path: string) => symlinkSync('/nowhere', path)],
  ])('by %s in the place of ledger.db%s is refused at once', async (_what, suffix, put) => {
    await lived(12);
    await abandonAll();
    const copy = copyOf(dir);
    const file = `${ledgerPath(copy)}${suffix}`;
    if (existsSync(file)) renameSync(file, `${file}.moved`);
    put(file);
    const refusal = { code: 'E_LEDGER_DAMAGED', why: expect.stringContaining(file) };
    await expect(openLedger(copy)).rejects.toMatchObject(refusal);
    expect(() => readLedger(ledgerPath(copy))).toThrow(expect.objectContaining(refusal));
  });

  it('that leaves the index of the log alone is said', async () => {
    await lived(12);
    await abandonAll();
    const copy = copyOf(dir);
    for (const suffix of ['', '-wal', '-open']) {
      rmSync(`${ledgerPath(copy)}${suffix}`, { force: true });
    }
    writeFileSync(`${ledgerPath(copy)}-shm`, '');
    const opened = await openLedger(copy);
    await opened.release();
    expect(opened.recovered.repairs).toEqual([expect.stringContaining('may be lost')]);
  });

  it('by a deleted log is an older state, which the next start and an export say', async () => {
    await lived(12);
    await abandonAll();
    const copy = copyOf(dir);
    unlinkSync(`${ledgerPath(copy)}-wal`);
    const said = expect.stringMatching(/ledger\.db-wal was deleted: what was charged/);
    expect(readLedger(ledgerPath(copy)).repairs).toEqual([said]);
    const opened = await openLedger(copy);
    expect(opened.recovered.repairs).toEqual([said]);
    await opened.release();
    const again = await openLedger(copy);
    expect(again.recovered.repairs).toEqual([]);
    await again.release();
  });

  it('is not suspected after a crash, a recovery that ends at once, or a clean end', async () => {
    const world = await lived(12);
    await abandonAll();
    const copy = copyOf(dir);
    // Whoever reads a ledger that nothing writes may take its log in.
    for (let look = 0; look < 3; look += 1) {
      expect(readLedger(ledgerPath(copy)).repairs).toEqual([]);
    }
    for (let start = 0; start < 3; start += 1) {
      const opened = await openLedger(dir);
      expect(opened.recovered.repairs).toEqual([]);
      await opened.release();
    }
    const writing = await write(world.state);
    world.run({ user: 'free:late', duration: 5, seconds: 1 });
    for (const event of world.events.splice(0)) writing.ledger.append(event);
    await writing.ledger.close();
    await abandonAll();
    expect(readdirSync(dir)).not.toContain('ledger.db-open');
    const opened = await openLedger(dir);
    open.push(opened);
    expect(opened.recovered.repairs).toEqual([]);
  });

  it('by a cut at any byte gives a state that was, or a refusal', async () => {
    const world = await lived(6);
    const states = await everyState(world);
    await abandonAll();
    const size = statSync(`${ledgerPath(dir)}-wal`).size;
    for (let cut = 0; cut <= size; cut += 997) {
      const copy = copyOf(dir);
      truncateSync(join(copy, 'ledger.db-wal'), cut);
      try {
        const opened = await openLedger(copy);
        await opened.release();
        const { state } = opened.recovered;
        expect(states).toContain(state === null ? 'null' : JSON.stringify(plain(state)));
      } finally {
        rmSync(copy, { recursive: true });
      }
    }
  });
});

describe('trouble while it runs', () => {
  it('a deleted file is written again, and nothing is lost', async () => {
    const world = await lived(3);
    for (const suffix of ['', '-wal', '-shm']) unlinkSync(ledgerPath(dir) + suffix);
    world.run({ user: 'free:late', duration: 5, seconds: 1 });
    for (const event of world.events.splice(0)) world.writing.ledger.append(event);
    await expect.poll(() => world.writing.ledger.status).toBe('ok');
    await expect.poll(() => existsSync(ledgerPath(dir))).toBe(true);
    await world.writing.ledger.flush();
    expect(world.writing.statuses[0]).toEqual(['failing', expect.stringContaining('deleted')]);
    await abandonAll();
    const opened = await openLedger(dir);
    open.push(opened);
    expect(opened.recovered.state && plain(opened.recovered.state)).toEqual(plain(world.state));
  });

  it('a deleted log loses nothing', async () => {
    const world = await lived(3);
    for (const suffix of ['-wal', '-shm']) unlinkSync(ledgerPath(dir) + suffix);
    world.run({ user: 'free:late', duration: 5, seconds: 1 });
    for (const event of world.events.splice(0)) world.writing.ledger.append(event);
    await world.writing.ledger.flush();
    await abandonAll();
    const opened = await openLedger(copyOf(dir));
    open.push(opened);
    expect(opened.recovered.repairs).toEqual([]);
    expect(opened.recovered.state && plain(opened.recovered.state)).toEqual(plain(world.state));
  });

  it.skipIf(process.getuid?.() === 0)(
    'a folder that can’t be written is told at once',
    async () => {
      chmodSync(dir, 0o500);
      await expect(openLedger(dir)).rejects.toMatchObject({ code: 'E_STATE_DIR' });
      chmodSync(dir, 0o700);
    },
  );

  it('a file where the folder should be is reported at once', async () => {
    writeFileSync(join(dir, 'file'), '');
    await expect(openLedger(join(dir, 'file'))).rejects.toMatchObject({ code: 'E_STATE_DIR' });
  });
});

describe('versions', () => {
  it('a newer one is refused, and the file is untouched', async () => {
    await lived(1);
    await abandonAll();
    const database = openDatabase(ledgerPath(dir));
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    database.close();
    const before = readFileSync(ledgerPath(dir));
    await expect(openLedger(dir)).rejects.toMatchObject({ code: 'E_LEDGER_NEWER' });
    expect(readFileSync(ledgerPath(dir)).equals(before)).toBe(true);
  });

  it('an older one is brought up step by step, what it holds kept', () => {
    const path = join(dir, 'old.db');
    const database = openDatabase(path);
    migrate(database, MIGRATIONS.slice(0, 1));
    database.exec(`INSERT INTO events VALUES (1, 0, 'tick', '{}', 0)`);
    migrate(database, [...MIGRATIONS, 'ALTER TABLE events ADD COLUMN note TEXT;']);
    expect(versionOf(database)).toBe(MIGRATIONS.length + 1);
    expect(database.prepare('SELECT seq, note FROM events').get()).toMatchObject({
      seq: 1,
      note: null,
    });
    database.close();
  });
});

/** Commits one by one, so that the log holds many of them. */
async function manyCommits(): Promise<void> {
  const world = new World();
  const writing = await write(world.state);
  for (let i = 0; i < 20; i += 1) {
    world.send({ type: 'tick' });
    writing.ledger.append({ type: 'tick', at: world.now });
    await writing.ledger.flush();
  }
}

function copyOf(from: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'zerogpu-copy-'));
  mkdirSync(copy, { recursive: true });
  for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-open']) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(copy, name));
  }
  return copy;
}

/** Every state that the ledger has ever had, as text: what recovery may give. */
async function everyState(world: World): Promise<readonly string[]> {
  const { state } = readLedger(ledgerPath(dir));
  const states = new Set(['null', JSON.stringify(plain(world.state))]);
  if (state) states.add(JSON.stringify(plain(state)));
  const database = openDatabase(ledgerPath(dir), true);
  const rows = database.prepare('SELECT body FROM events ORDER BY seq').all() as { body: string }[];
  database.close();
  const replayed = new World({ gpus: 4 }).state;
  states.add(JSON.stringify(plain(replayed)));
  for (const { body } of rows) {
    step(replayed, JSON.parse(body));
    states.add(JSON.stringify(plain(replayed)));
  }
  return [...states];
}

/** One file of each version that was ever published; ZEROGPU_GOLDEN=1 makes that of this one. */
describe('a ledger of an earlier version', () => {
  const golden = join(import.meta.dirname, '../../fixtures/ledgers');

  it.runIf(process.env['ZEROGPU_GOLDEN'])('is made', async () => {
    const world = await lived(9);
    await world.writing.ledger.close();
    await abandonAll();
    const folder = join(golden, `v${MIGRATIONS.length}`);
    mkdirSync(folder, { recursive: true });
    copyFileSync(ledgerPath(dir), join(folder, 'ledger.db'));
    const exported = exportState(world.state, world.now);
    writeFileSync(join(folder, 'exported.json'), `${JSON.stringify(exported, null, 2)}\n`);
  });

  it.each(MIGRATIONS.map((_sql, index) => `v${index + 1}`))('%s is read', async (version) => {
    copyFileSync(join(golden, version, 'ledger.db'), ledgerPath(dir));
    const opened = await openLedger(dir);
    open.push(opened);
    const { state } = opened.recovered;
    const wanted = JSON.parse(readFileSync(join(golden, version, 'exported.json'), 'utf8'));
    const at = { wallMs: state?.quotaTimeMs ?? 0, monotonicMs: 0 };
    expect(state && exportState(state, at).visitors).toEqual(wanted.visitors);
    // And what was exported can be taken over again.
    const fresh = new World({ gpus: 1 }).state;
    importState(fresh, parseExportedState(JSON.stringify(wanted), 'exported.json'), at);
    expect(exportState(fresh, at).visitors).toEqual(wanted.visitors);
  });

  it.each([
    ['no JSON', '{', 'JSON'],
    ['another file', '{"kind": "package"}', 'kind'],
    ['negative seconds', '', 'usedSeconds'],
  ])('what is not an exported state is refused: %s', (_what, text, why) => {
    const wrong = exportState(new World().state, new World().now);
    wrong.visitors.push({
      visitor: 'free:ada',
      tier: 'free',
      tierOverride: null,
      usedSeconds: -5,
      windowStartedAt: null,
      runs: 0,
      creditSeconds: 0,
    });
    expect(() => parseExportedState(text || JSON.stringify(wrong), 'x.json')).toThrow(
      expect.objectContaining({ code: 'E_STATE_IMPORT', why: expect.stringContaining(why) }),
    );
  });
});

describe('a state that moves to another ledger', () => {
  const move = (from: World, to: World) =>
    importState(
      to.state,
      parseExportedState(JSON.stringify(exportState(from.state, from.now)), 'x'),
      to.now,
    );
  const balance = (world: World) => quotaOf(world.state, visitor('free:ada'), world.now);

  it('keeps what is left of its window, also after an advance', () => {
    const [from, to] = [new World(), new World()];
    from.run({ user: 'free:ada', seconds: 60 });
    from.send({ type: 'advance', seconds: 86_400 });
    from.run({ user: 'free:ada', seconds: 30 });
    from.send({ type: 'advance', seconds: 3_600 });
    to.wallMs = from.wallMs;
    move(from, to);
    expect(balance(to)).toEqual(balance(from));
    expect(balance(to)).toMatchObject({ usedSeconds: 30, resetsInSeconds: 86_400 - 3_630 });
  });

  it('leaves out a window that is over, here or there', () => {
    const [from, to] = [new World(), new World()];
    from.run({ user: 'free:ada', seconds: 60 });
    to.wallMs = from.wallMs + 86_400_000;
    move(from, to);
    expect(balance(to)).toMatchObject({ usedSeconds: 0, runs: 0, resetsInSeconds: null });
    from.wait(86_400);
    expect(exportState(from.state, from.now).visitors).toMatchObject([
      { usedSeconds: 0, runs: 0, windowStartedAt: null },
    ]);
  });

  it('leaves a running call its hold, which ends with the call', () => {
    const [from, to] = [new World(), new World()];
    from.run({ user: 'free:ada', seconds: 60 });
    to.wait(30);
    to.schedule({ user: 'free:ada', duration: 60 });
    to.allow(1);
    to.wait(30);
    move(from, to);
    expect(balance(to)).toMatchObject({ usedSeconds: 60, reservedSeconds: 60 });
    to.release(1);
    expect(balance(to)).toMatchObject({ usedSeconds: 90, reservedSeconds: 0 });
  });
});

describe('when the state is written down whole', () => {
  it.each([
    ['never after a few events', { events: 399, characters: 1e9 }, 10, false],
    ['soon while it is small', { events: 400, characters: 120_000 }, 20_000, true],
    ['later when it is large', { events: 400, characters: 120_000 }, 2_000_000, false],
    ['first when the events outweigh it', { events: 3_000, characters: 900_000 }, 450_000, true],
    ['in any case before a start takes long', { events: 4_000, characters: 1 }, 1e9, true],
  ])('%s', (_, since, snapshotCharacters, due) => {
    expect(isSnapshotDue(since, snapshotCharacters)).toBe(due);
  });
});
