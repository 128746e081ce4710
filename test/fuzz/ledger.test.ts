/** A ledger that another program has written to, and exports that zerogpu did not make. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { checkInvariants, decodeState, encodeState, step } from '../../src/allocator/core/index.js';
import type { AllocatorState } from '../../src/allocator/core/types.js';
import { openDatabase } from '../../src/allocator/store/database.js';
import {
  exportState,
  importState,
  ledgerPath,
  openLedger,
  parseExportedState,
  readLedger,
} from '../../src/allocator/store/index.js';
import { systemClock } from '../../src/shared/clock.js';
import { UserError } from '../../src/shared/errors.js';
import { storedOf, World } from '../support/allocator/world.js';
import { FUZZ_TIMEOUT_MS, hostileText, parameters } from '../support/fuzz/index.js';

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS });

const FILES = ['ledger.db', 'ledger.db-wal'] as const;
let root: string;
/** The files as kill -9 leaves them, and every state that they ever held. */
let files: Record<(typeof FILES)[number], Buffer>;
let states: ReadonlySet<string>;
let world: World;

const textOf = (state: AllocatorState | null) =>
  state === null ? 'null' : JSON.stringify(storedOf(state));

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'zerogpu-fuzz-ledger-'));
  const dir = join(root, 'lived');
  world = new World({ gpus: 4 });
  const opened = await openLedger(dir);
  const ledger = opened.start({
    clock: systemClock,
    encode: () => JSON.stringify(encodeState(world.state)),
    onDurable: () => {},
    onStatus: () => {},
    onFatal: (error) => {
      throw error;
    },
  });
  for (let call = 0; call < 12; call += 1) {
    world.run({ user: `free:u${call % 5}`, duration: 5, seconds: 0.5 });
    for (const event of world.events.splice(0)) ledger.append(event);
    await ledger.flush();
  }
  files = {
    'ledger.db': readFileSync(join(dir, 'ledger.db')),
    'ledger.db-wal': readFileSync(join(dir, 'ledger.db-wal')),
  };
  states = everyState(dir);
  await ledger.close();
  await opened.release();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function everyState(dir: string): ReadonlySet<string> {
  const all = new Set(['null', textOf(world.state), textOf(readLedger(ledgerPath(dir)).state)]);
  const database = openDatabase(ledgerPath(dir), true);
  const rows = database.prepare('SELECT body FROM events ORDER BY seq').all() as { body: string }[];
  database.close();
  const replayed = new World({ gpus: 4 }).state;
  all.add(textOf(replayed));
  for (const { body } of rows) {
    step(replayed, JSON.parse(body));
    all.add(textOf(replayed));
  }
  return all;
}

interface Wound {
  readonly file: (typeof FILES)[number];
  /** Share of the file, from its start. */
  readonly place: number;
  readonly kind: 'flip' | 'cut' | 'zero' | 'zero-tail' | 'grow' | 'swap' | 'page' | 'gone';
  readonly bytes: Uint8Array;
}

const wound: fc.Arbitrary<Wound> = fc.record({
  file: fc.constantFrom(...FILES),
  place: fc.oneof(fc.double({ min: 0, max: 0.999_999, noNaN: true }), fc.constantFrom(0, 0.001)),
  kind: fc.constantFrom('flip', 'flip', 'cut', 'zero', 'zero-tail', 'grow', 'swap', 'page', 'gone'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
});

/** Null: the file is not there any more. */
function wounded(before: Buffer, { kind, place, bytes }: Wound): Buffer | null {
  const at = Math.floor(before.length * place);
  const page = at - (at % 4_096);
  switch (kind) {
    case 'flip': {
      const after = Buffer.from(before);
      after[at] = (after[at] ?? 0) ^ (1 << ((bytes[0] ?? 0) % 8));
      return after;
    }
    case 'cut':
      return Buffer.from(before.subarray(0, at));
    case 'zero':
      return Buffer.from(before).fill(0, at, Math.min(before.length, at + bytes.length * 16));
    case 'zero-tail':
      return Buffer.from(before).fill(0, at);
    case 'grow':
      return Buffer.concat([before, bytes, Buffer.alloc((bytes[0] ?? 0) * 32)]);
    case 'swap':
      return Buffer.concat([before.subarray(0, at), bytes, before.subarray(at + bytes.length)]);
    case 'page':
      // An old page that was never overwritten: the disk lost one write.
      return Buffer.concat([
        before.subarray(0, page),
        before.subarray(0, 4_096),
        before.subarray(page + 4_096),
      ]);
    case 'gone':
      return null;
  }
}

it('a wounded ledger gives a state that was, or a refusal that names the file', async () => {
  const wounds = fc.array(wound, { minLength: 1, maxLength: 3 });
  const seen = { recovered: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(wounds, async (all) => {
      const dir = mkdtempSync(join(root, 'case-'));
      for (const file of FILES) {
        const after = all
          .filter((one) => one.file === file)
          .reduce<Buffer | null>((bytes, one) => bytes && wounded(bytes, one), files[file]);
        if (after) writeFileSync(join(dir, file), after);
      }
      const before = existsSync(ledgerPath(dir)) ? readFileSync(ledgerPath(dir)) : null;
      try {
        const opened = await openLedger(dir);
        await opened.release();
        seen.recovered += 1;
        expect(states.has(textOf(opened.recovered.state))).toBe(true);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        seen.refused += 1;
        expect(error.code).toMatch(/^E_(LEDGER_DAMAGED|LEDGER_NEWER|STATE_DIR)$/);
        expect(error.message).toContain(dir);
        expect(error.fix.length).toBeGreaterThan(0);
        // What can't be used is left as it is, for whoever can repair it.
        if (before) expect(readFileSync(ledgerPath(dir)).equals(before)).toBe(true);
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    }),
    parameters(150),
  );
  expect(seen.recovered).toBeGreaterThan(0);
  expect(seen.refused).toBeGreaterThan(0);
});

/** Anything in the place of anything. */
function bent(value: unknown, at: number, put: unknown): unknown {
  const text = JSON.stringify(value);
  const places = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/g)];
  const place = places[at % places.length];
  if (!place) return value;
  const put2 = typeof put === 'number' && !Number.isFinite(put) ? '1e400' : JSON.stringify(put);
  return text.slice(0, place.index) + (put2 ?? 'null') + text.slice(place.index + place[0].length);
}

it('an import is refused by its first wrong field, or leaves a state that lasts', () => {
  const good = exportState(world.state, world.now);
  const odd = fc.oneof(
    hostileText,
    fc.double(),
    fc.constantFrom(1e306, 1e308, -1, 2 ** 53, 1e15, 8.64e12, '', null, true, [], {}),
    fc.constantFrom('+275760-09-13T00:00:00.000Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z'),
    fc.jsonValue(),
  );
  const imported = fc.oneof(
    {
      arbitrary: fc.tuple(fc.nat(), odd).map(([at, put]) => String(bent(good, at, put))),
      weight: 8,
    },
    fc.json(),
    hostileText,
    fc.nat().map((at) => JSON.stringify(good).slice(0, at % JSON.stringify(good).length)),
    fc.nat(6_000).map((depth) => '['.repeat(depth)),
  );
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(imported, (text) => {
      let state: AllocatorState;
      try {
        const exported = parseExportedState(text, 'quotas.json');
        state = decodeState(encodeState(world.state));
        importState(state, exported, world.now);
        seen.taken += 1;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        seen.refused += 1;
        expect(error.code).toBe('E_STATE_IMPORT');
        expect(error.message).toContain('quotas.json');
        return;
      }
      expect(checkInvariants(state)).toEqual([]);
      const stored = JSON.stringify(encodeState(state));
      expect(textOf(decodeState(JSON.parse(stored)))).toBe(textOf(state));
      const again = exportState(state, world.now);
      expect(parseExportedState(JSON.stringify(again), 'again')).toEqual(again);
    }),
    parameters(600),
  );
  expect(seen.taken).toBeGreaterThan(0);
  expect(seen.refused).toBeGreaterThan(0);
});
