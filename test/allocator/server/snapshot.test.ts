/** Which visitors a snapshot shows, of many. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAccount } from '../../../src/allocator/core/balance.js';
import { createState } from '../../../src/allocator/core/index.js';
import type { QuotaAccount } from '../../../src/allocator/core/types.js';
import { createFaultPlan } from '../../../src/allocator/server/faults.js';
import { createLastMinute } from '../../../src/allocator/server/last-minute.js';
import { takeSnapshot } from '../../../src/allocator/server/snapshot.js';
import { createSpaceLabels } from '../../../src/allocator/server/space-labels.js';
import { createMemoryLedger } from '../../../src/allocator/store/index.js';
import { loadProfile } from '../../../src/platform/index.js';

const rules = { profile: loadProfile('h200'), longestCallSeconds: null, concurrencyPerSpace: null };

function shown(accounts: readonly QuotaAccount[], visitors: number): readonly string[] {
  const sources = {
    state: createState(rules, [], accounts),
    backend: { name: 'mock' as const, description: '', slices: [], readMemory: () => null },
    ledger: createMemoryLedger(),
    labels: createSpaceLabels(),
    lastMinute: createLastMinute(),
    faults: createFaultPlan([], 0),
    ...{ kind: 'serve' as const, zerogpuVersion: '0', startedMonotonicMs: 0 },
  };
  const at = { wallMs: 1_000, monotonicMs: 1_000 };
  const snapshot = takeSnapshot(sources as never, { queue: 0, visitors }, at);
  expect(snapshot.visitors.total).toBe(accounts.length);
  return snapshot.visitors.entries.map(({ visitor }) => visitor);
}

it('a snapshot shows the visitors whose window opened last, as many as are asked for', () => {
  const windows = fc.array(fc.option(fc.nat(900)), { maxLength: 60 });
  fc.assert(
    fc.property(windows, fc.nat(70), (starts, count) => {
      const accounts = starts.map((windowStartMs, n) => ({
        ...createAccount({ key: `free:v${String(n).padStart(2, '0')}`, tier: 'free' as const }),
        windowStartMs,
      }));
      const opened = accounts.map(({ key, windowStartMs }) => ({ key, at: windowStartMs ?? 0 }));
      opened.sort((a, b) => b.at - a.at || (a.key < b.key ? -1 : 1));
      expect(shown(accounts, count)).toEqual(opened.slice(0, count).map(({ key }) => key));
    }),
  );
});
