/** A ledger that is replaced by an older copy or by another one is refused; one that a crash left never is. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeState } from '../../../src/allocator/core/index.js';
import {
  acceptLedger,
  ledgerFiles,
  ledgerPath,
  openLedger,
  readLedger,
} from '../../../src/allocator/store/index.js';
import { judge, type Position } from '../../../src/allocator/store/last-written.js';
import { systemClock } from '../../../src/shared/clock.js';
import { World } from '../../support/allocator/world.js';
import { FUZZ_TIMEOUT_MS, parameters } from '../../support/fuzz/index.js';

let root: string;
/** The folder of the ledger in use. */
let dir: string;
let folders = 0;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'zerogpu-last-written-'));
  dir = join(root, 'serve');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const record = () => `${ledgerPath(dir)}-last`;
const contentOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null);

/** Files of the ledger, with or without the record, as a backup keeps them. */
function backUp(withRecord = false): string {
  folders += 1;
  const copy = join(root, `copy-${folders}`);
  cpSync(dir, copy, { recursive: true });
  if (!withRecord) rmSync(join(copy, basename(record())), { force: true });
  return copy;
}

/** Puts a copy in the ledger's place; the record that is there stays. */
function restore(copy: string): void {
  const kept = contentOf(record());
  for (const file of ledgerFiles(dir)) rmSync(file);
  cpSync(copy, dir, { recursive: true });
  if (kept !== null && !existsSync(join(copy, basename(record())))) writeFileSync(record(), kept);
}

type End = 'close' | 'kill' | 'kill between the two writes';

/** One life of an allocator: opens the ledger, writes that many events, each in a commit, and ends. */
async function live(events: number, end: End = 'close'): Promise<readonly string[]> {
  const opened = await openLedger(dir);
  const world = new World({ gpus: 1 });
  const state = opened.recovered.state ?? world.state;
  const ledger = opened.start({
    clock: systemClock,
    encode: () => JSON.stringify(encodeState(state)),
    onDurable: () => {},
    onStatus: () => {},
    onFatal: (error) => {
      throw error;
    },
  });
  let before = contentOf(record());
  for (let event = 0; event < events; event += 1) {
    before = contentOf(record());
    ledger.append({ type: 'tick', at: world.now });
    await ledger.flush();
  }
  // What kill -9 leaves is what the files hold now.
  const left = end === 'close' ? null : backUp(true);
  await ledger.close();
  await opened.release();
  if (left !== null) {
    for (const file of ledgerFiles(dir)) rmSync(file);
    cpSync(left, dir, { recursive: true });
    if (end === 'kill between the two writes' && events > 0) {
      rmSync(record(), { force: true });
      if (before !== null) writeFileSync(record(), before);
    }
  }
  return opened.recovered.repairs;
}

const refused = { code: 'E_LEDGER_OLDER', exitCode: 3 };

describe('a ledger that is put in the place of the one that was written last', () => {
  it('is refused when it is an older copy, and no file changes', async () => {
    await live(3);
    const copy = backUp();
    await live(3, 'kill');
    restore(copy);
    // SQLite's index of the log says nothing of what is kept.
    const kept = () => ledgerFiles(dir).filter((file) => !file.endsWith('-shm'));
    const files = () => kept().map((file) => [file, readFileSync(file, 'latin1')]);
    const before = files();
    await expect(openLedger(dir)).rejects.toMatchObject({
      ...refused,
      why: expect.stringMatching(/It ends with event 3 of .*ledger\.db-last says .* event 6 of /),
      fix: expect.arrayContaining([expect.stringMatching(/^zerogpu state accept --serve /)]),
    });
    expect(files()).toEqual(before);
  });

  it('is refused with its log, which stays as it is', async () => {
    await live(3, 'kill');
    const copy = backUp();
    await live(3);
    restore(copy);
    const log = readFileSync(`${ledgerPath(dir)}-wal`);
    await expect(openLedger(dir)).rejects.toMatchObject(refused);
    expect(readFileSync(`${ledgerPath(dir)}-wal`)).toEqual(log);
  });

  it('is refused when only an import came after the copy, which adds no event', async () => {
    await live(3);
    const copy = backUp();
    await live(0);
    restore(copy);
    await expect(openLedger(dir)).rejects.toMatchObject(refused);
  });

  it('is refused when it is the ledger of something else, however long', async () => {
    await live(9);
    const other = backUp();
    for (const file of ledgerFiles(dir)) rmSync(file);
    await live(2);
    restore(other);
    await expect(openLedger(dir)).rejects.toMatchObject({
      ...refused,
      why: expect.stringContaining('It is another ledger'),
    });
  });

  it('is refused when it is of a zerogpu that kept no record', async () => {
    const golden = join(import.meta.dirname, '../../fixtures/ledgers/v1');
    await live(2);
    restore(golden);
    await expect(openLedger(dir)).rejects.toMatchObject(refused);
    acceptLedger(ledgerPath(dir));
    expect(await live(1)).toEqual([]);
  });

  it('counts once it is accepted; the one that it replaced is another from then on', async () => {
    await live(3);
    const copy = backUp();
    await live(3);
    const newest = backUp();
    restore(copy);
    const said = expect.stringContaining('this is not the ledger that was written last');
    expect(acceptLedger(ledgerPath(dir))).toEqual({ seq: 3, repairs: [said] });
    expect(await live(1)).toEqual([]);
    restore(newest);
    await expect(openLedger(dir)).rejects.toMatchObject(refused);
  });

  it('is exported with a warning', async () => {
    await live(3);
    const copy = backUp();
    await live(3);
    restore(copy);
    const said = expect.stringContaining('this is not the ledger that was written last');
    expect(readLedger(ledgerPath(dir)).repairs).toEqual([said]);
  });
});

describe('a ledger that counts', () => {
  it('is one whose record was deleted or is invalid, and a notice says so', async () => {
    await live(3);
    rmSync(record());
    expect(await live(1)).toEqual([expect.stringContaining('ledger.db-last is missing')]);
    expect(await live(1)).toEqual([]);
    writeFileSync(record(), 'half of a rec');
    expect(await live(1)).toEqual([expect.stringContaining('ledger.db-last is missing')]);
    expect(await live(1)).toEqual([]);
  });

  it('is a new one when the old one was deleted, which is said once', async () => {
    await live(3);
    rmSync(ledgerPath(dir));
    const opened = await openLedger(dir);
    expect(opened.recovered).toMatchObject({
      seq: 0,
      repairs: [expect.stringContaining('was deleted: quotas are full')],
    });
    await opened.release();
    expect(await live(1)).toEqual([]);
  });

  it('is a folder that is restored as a whole: it is what it was', async () => {
    await live(3);
    const copy = backUp(true);
    await live(3);
    rmSync(dir, { recursive: true });
    renameSync(copy, dir);
    expect(await live(1)).toEqual([]);
  });

  it('has a record for its user alone, of one length', async () => {
    await live(1);
    const length = contentOf(record())?.length;
    await live(20);
    expect(contentOf(record())?.length).toBe(length);
    expect(readdirSync(dir)).toContain('ledger.db-last');
  });
});

it(
  'any lives, crashes and restored copies: what crashes leave opens, older copies do not',
  async () => {
    const end = fc.constantFrom<End>('close', 'kill', 'kill between the two writes');
    const life = fc.record({ what: fc.constant('live' as const), events: fc.nat(4), end });
    const swap = fc.record({
      what: fc.constant('restore' as const),
      which: fc.nat(9),
      after: fc.constantFrom('accept', 'put back'),
    });
    const operation = fc.oneof(life, life, fc.constant({ what: 'back up' as const }), swap);
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 3, maxLength: 12 }), async (operations) => {
        rmSync(dir, { recursive: true, force: true });
        await live(1);
        let backups: { copy: string; recorded: string | null }[] = [];
        for (const one of operations) {
          if (one.what === 'live') await live(one.events, one.end);
          else if (one.what === 'back up') {
            backups.push({ copy: backUp(), recorded: contentOf(record()) });
          } else {
            const chosen = backups[one.which % Math.max(1, backups.length)];
            // Nothing that is on record came after it.
            if (!chosen || chosen.recorded === contentOf(record())) continue;
            const newest = backUp(true);
            restore(chosen.copy);
            await expect(openLedger(dir)).rejects.toMatchObject(refused);
            if (one.after === 'accept') {
              acceptLedger(ledgerPath(dir));
              backups = backups.filter(({ copy }) => copy !== chosen.copy);
            } else restore(newest);
          }
          await (await openLedger(dir)).release();
        }
      }),
      parameters(12),
    );
  },
  FUZZ_TIMEOUT_MS,
);

describe('which ledger it is', () => {
  const position = fc.record<Position>({
    id: fc.constantFrom('a'.repeat(32), 'b'.repeat(32)),
    generation: fc.nat(5),
    seq: fc.nat(5),
    at: fc.nat(),
  });

  it('is never an older one as long as it only grew', () => {
    fc.assert(
      fc.property(position, fc.nat(3), fc.nat(3), (last, generations, events) => {
        const { generation, seq } = last;
        const found = { ...last, generation: generation + generations, seq: seq + events };
        expect(judge(found, false, last)).toBe('last');
      }),
      parameters(500),
    );
  });

  it('is the last one in one of two directions only, unless they are at one place', () => {
    fc.assert(
      fc.property(position, position, (one, two) => {
        const isSame =
          one.id === two.id && one.generation === two.generation && one.seq === two.seq;
        const both = [judge(one, false, two), judge(two, false, one)];
        expect(both.filter((verdict) => verdict === 'last').length).toBe(
          isSame ? 2 : both.filter((verdict) => verdict === 'last').length % 2,
        );
      }),
      parameters(500),
    );
  });
});
