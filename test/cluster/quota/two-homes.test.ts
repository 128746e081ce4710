/** The quota law has two homes, and both answer the same to the same commands at the same times. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SharedAccount, Tier, Visitor } from '../../../src/allocator/core/types.js';
import type { QuotaStore } from '../../../src/allocator/server/index.js';
import {
  connectStore,
  createQuotaStore,
  parseStoreAddress,
  type StoreConnection,
} from '../../../src/cluster/index.js';
import { loadProfile } from '../../../src/platform/index.js';
import { QuotaModel } from '../../support/cluster/quota-model.js';
import { INSTALLED_STORES, StoreServer } from '../../support/cluster/store-server.js';

/** Has credits and limits of runs. */
const profile = loadProfile('rtx-pro-6000');
const WINDOW_MS = profile.quota.windowSeconds * 1000;
const START_MS = 1_700_000_000_000;

const tier = fc.constantFrom<Tier>('anonymous', 'free', 'pro');
const amount = fc.oneof(
  fc.integer({ min: 0, max: 250_000 }),
  fc.integer({ min: 0, max: 2_000_000 }),
);
const lapsesMs = fc.constantFrom(70_000, 400_000, WINDOW_MS, 100 * WINDOW_MS);
/** Which of the calls so far, counted from the last. */
const which = fc.nat({ max: 4 });
const use = fc.record({
  usedMs: amount,
  runs: fc.nat({ max: 9 }),
  resetsInMs: fc.option(fc.integer({ min: 1, max: WINDOW_MS })),
});
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('reserve'), tier, amount, lapsesMs }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('begin'), which, lapsesMs }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('settle'), which, amount }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release'), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set-use'), tier, use }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set-credits'), amount }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set-tier'), to: fc.option(tier) }) },
) as fc.Arbitrary<Command>;

type Command =
  | {
      readonly do: 'reserve';
      readonly tier: Tier;
      readonly amount: number;
      readonly lapsesMs: number;
    }
  | { readonly do: 'begin'; readonly which: number; readonly lapsesMs: number }
  | { readonly do: 'settle'; readonly which: number; readonly amount: number }
  | { readonly do: 'release'; readonly which: number }
  | { readonly do: 'reset' }
  | {
      readonly do: 'set-use';
      readonly tier: Tier;
      readonly use: Parameters<QuotaStore['setUse']>[1];
    }
  | { readonly do: 'set-credits'; readonly amount: number }
  | { readonly do: 'set-tier'; readonly to: Tier | null };

const passesMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 500_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * WINDOW_MS }) },
);
/** Each command may be sent twice: its answer was lost. */
const commands = fc.array(fc.record({ command, passesMs, isRepeated: fc.boolean() }), {
  minLength: 1,
  maxLength: 30,
});

const HOMES = INSTALLED_STORES.flatMap((kind) =>
  [false, true].map((withoutFunctions) => [kind, withoutFunctions] as const),
);

describe.skipIf(HOMES.length === 0).each(HOMES)(
  'the law in %s (without functions: %s)',
  (kind, withoutFunctions) => {
    let server: StoreServer;
    let connection: StoreConnection;
    beforeAll(async () => {
      server = await StoreServer.start(kind);
      connection = await connectStore(parseStoreAddress(server.url, {}), { withoutFunctions });
    });
    afterAll(async () => {
      connection.close();
      await server.close();
    });

    it('answers as the pure one does, also when it is asked twice', async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(commands, async (list) => {
          runs += 1;
          await play(connection, `free:${runs}`, list);
        }),
        { numRuns: 40 },
      );
    });
  },
);

async function play(
  connection: StoreConnection,
  key: string,
  list: readonly { command: Command; passesMs: number; isRepeated: boolean }[],
): Promise<void> {
  let nowMs = START_MS;
  const store = createQuotaStore(connection, profile, () => nowMs);
  const visitor: Visitor = { key, tier: 'free', hasToken: true };
  const model = new QuotaModel(profile, visitor);
  let calls = 0;
  for (const { command, passesMs, isRepeated } of list) {
    nowMs += passesMs;
    if (command.do === 'reserve') calls += 1;
    const expected = inModel(model.at(nowMs), visitor, calls, command);
    const answer = await inStore(store, visitor, calls, command);
    expect(answer).toEqual(expected);
    if (isRepeated && command.do !== 'reserve') await inStore(store, visitor, calls, command);
    if (isRepeated && command.do === 'reserve' && expected !== null) {
      expect(await inStore(store, visitor, calls, command)).toEqual(expected);
    }
    expect(seen(await store.read(visitor))).toEqual(seenInModel(model, nowMs));
  }
}

function inModel(model: QuotaModel, visitor: Visitor, calls: number, command: Command): unknown {
  switch (command.do) {
    case 'reserve': {
      const { tier, amount, lapsesMs } = command;
      return model.reserve(`r${calls}`, { ...visitor, tier }, amount, lapsesMs);
    }
    case 'begin':
      return model.begin(`r${calls - command.which}`, command.lapsesMs);
    case 'settle':
      return model.settle(`r${calls - command.which}`, command.amount);
    case 'release':
      return model.release(`r${calls - command.which}`);
    case 'reset':
      return model.reset();
    case 'set-use':
      return model.setUse(command.tier, command.use);
    case 'set-credits':
      return model.setCredits(command.amount);
    case 'set-tier':
      return model.setTier(command.to);
  }
}

async function inStore(
  store: QuotaStore,
  visitor: Visitor,
  calls: number,
  command: Command,
): Promise<unknown> {
  switch (command.do) {
    case 'reserve': {
      const { tier, amount: costMs, lapsesMs } = command;
      const asked = { id: `r${calls}`, visitor: { ...visitor, tier }, costMs, lapsesMs };
      return (await store.reserve(asked)).held;
    }
    case 'begin':
      return store.begin(`r${calls - command.which}`, visitor, command.lapsesMs);
    case 'settle':
      await store.settle(`r${calls - command.which}`, visitor.key, command.amount);
      return;
    case 'release':
      await store.release(`r${calls - command.which}`, visitor.key);
      return;
    case 'reset':
      await store.reset(visitor.key);
      return;
    case 'set-use':
      await store.setUse({ ...visitor, tier: command.tier }, command.use);
      return;
    case 'set-credits':
      await store.setCredits(visitor, command.amount);
      return;
    case 'set-tier':
      await store.setTier(visitor, command.to);
  }
}

/** The tier of an account that is as new is forgotten with it. */
function seen({ tier: _, ...account }: SharedAccount): unknown {
  return account;
}

function seenInModel({ account }: QuotaModel, nowMs: number): unknown {
  const { tier: _, windowStartMs, ...rest } = account;
  return { ...rest, resetsInMs: windowStartMs === null ? null : windowStartMs + WINDOW_MS - nowMs };
}
