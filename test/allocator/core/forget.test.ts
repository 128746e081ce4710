/** Which accounts a host may forget: those that say nothing. */
import { describe, expect, it } from 'vitest';
import { createAccount } from '../../../src/allocator/core/balance.js';
import { checkInvariants } from '../../../src/allocator/core/invariants.js';
import { createState } from '../../../src/allocator/core/state.js';
import { step } from '../../../src/allocator/core/step.js';
import type { AllocatorState, QuotaAccount } from '../../../src/allocator/core/types.js';
import { loadProfile } from '../../../src/platform/index.js';

const profile = loadProfile('rtx-pro-6000');
const DAY_MS = profile.quota.windowSeconds * 1_000;
const SPACE = '/zerogpu/forget';
const rules = { profile, longestCallSeconds: null, concurrencyPerSpace: null, speed: 1 };
const slices = [0, 1, 2].map((index) => ({ index, gpu: index, uuid: `u${index}`, vramBytes: 1 }));

const atMs = (ms: number) => ({ wallMs: ms, monotonicMs: ms });

function account(key: string, more: Partial<QuotaAccount> = {}): QuotaAccount {
  return { ...createAccount({ key, tier: 'free' }), ...more };
}

/** One call comes, of a visitor of its own. */
function call(state: AllocatorState, ms: number, key: string): void {
  const id = `${key} ${ms}`;
  step(state, {
    ...{ type: 'schedule', at: atMs(ms), requestId: id, allowToken: `token ${id}`, space: SPACE },
    ...{ taskId: id, visitor: { key, tier: 'free', hasToken: true }, tokenExpired: false },
    ...{ durationSeconds: 10, size: null },
  });
}

function host(accounts: readonly QuotaAccount[]): AllocatorState {
  const state = createState(rules, slices, accounts, { quotaOffsetMs: 0, quotaTimeMs: 0 });
  step(state, {
    ...{ type: 'register-space', at: atMs(0), requestId: 'r', space: SPACE, name: 'forget' },
    ...{ owner: { name: 'ada', kind: 'pro' }, root: { pid: 10, startTime: 1 } },
  });
  step(state, {
    ...{ type: 'startup-reported', at: atMs(0), requestId: 's', space: SPACE },
    defaultSize: 'large',
  });
  return state;
}

describe('accounts', () => {
  it('are forgotten once their window is over and nothing else is in them', () => {
    const used = { windowStartMs: 0, usedMs: 5_000, runs: 2 };
    const state = host([
      account('free:over', used),
      account('free:fresh'),
      account('free:open', { ...used, windowStartMs: DAY_MS / 2 }),
      account('pro:paid', { creditMs: 1 }),
      account('free:lifted', { ...used, tierOverride: 'pro' }),
    ]);
    state.nextCall = 998;
    call(state, DAY_MS, 'free:one');
    expect(state.accounts.size).toBe(5 + (state.accounts.has('free:one') ? 1 : 0));
    call(state, DAY_MS + 1, 'free:two');
    expect([...state.accounts.keys()].sort()).toEqual(
      ['free:lifted', 'free:one', 'free:open', 'free:two', 'pro:paid'].sort(),
    );
    expect(checkInvariants(state)).toEqual([]);
  });

  it('stay while a call runs that began in the window before', () => {
    const state = host([]);
    call(state, DAY_MS, 'free:long');
    const [lease] = state.leases.values();
    const process = { pid: 20, startTime: 2 };
    const allowToken = lease?.allowToken ?? '';
    const at = atMs(DAY_MS + 1);
    step(state, { type: 'allow', at, requestId: 'a', allowToken, process });
    // Quota time of an operator: the call itself notices nothing.
    step(state, { type: 'advance', at, seconds: profile.quota.windowSeconds + 1 });
    state.nextCall = 999;
    call(state, DAY_MS + 2, 'free:next');
    expect(state.accounts.has('free:long')).toBe(true);
    step(state, {
      ...{ type: 'release', at: atMs(DAY_MS + 3), requestId: 'b', allowToken, fail: false },
      ...{ gpuUsed: true, peakVramBytes: null },
    });
    state.nextCall = 1_999;
    call(state, DAY_MS + 4, 'free:last');
    expect(state.accounts.has('free:long')).toBe(false);
    expect(checkInvariants(state)).toEqual([]);
  });

  it('do not grow with the visitors of days gone by', () => {
    const state = host([]);
    let most = 0;
    for (let n = 0; n < 4_000; n += 1) {
      const ms = DAY_MS + n * (DAY_MS / 400);
      call(state, ms, `free:v${n}`);
      for (const { requestId } of [...state.leases.values()]) {
        if (requestId === null) throw new Error('a lease without a request');
        step(state, { type: 'abandon', at: atMs(ms), requestId });
      }
      most = Math.max(most, state.accounts.size);
    }
    expect(most).toBeLessThanOrEqual(1_000);
  });
});

describe('the whole state', () => {
  it('is as large after many days of new visitors as after ten', () => {
    const state = host([]);
    const process = { pid: 20, startTime: 2 };
    const visitorsPerDay = 400;
    const weights: number[] = [];
    for (let n = 1; n <= 20 * visitorsPerDay; n += 1) {
      const ms = DAY_MS + n * (DAY_MS / visitorsPerDay);
      call(state, ms, `free:v${n}`);
      const [lease] = state.leases.values();
      const allowToken = lease?.allowToken ?? '';
      const at = atMs(ms);
      // One worker for all calls of a task: it stays warm where it was used before.
      if (!lease?.process) step(state, { type: 'allow', at, requestId: 'a', allowToken, process });
      step(state, {
        ...{ type: 'release', at, requestId: 'b', allowToken, fail: false },
        ...{ gpuUsed: true, peakVramBytes: null },
      });
      step(state, { type: 'process-died', at, process });
      expect(state.leases.size).toBe(0);
      if (n % (10 * visitorsPerDay) === 0) weights.push(weightOf(state));
    }
    const [afterTenDays = 0, ...later] = weights;
    // The figures in it have more digits by then.
    for (const weight of later) expect(weight).toBeLessThan(afterTenDays * 1.05);
  });
});

/** Characters of everything that it keeps. */
function weightOf(state: AllocatorState): number {
  const text = JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    return value instanceof Set ? [...value] : value;
  });
  return text.length;
}

describe('a host with many accounts', () => {
  it('looks at them once in as many calls as there are accounts', () => {
    const many = Array.from({ length: 3_000 }, (_, index) =>
      account(`free:${index}`, { windowStartMs: 0, usedMs: 1, runs: 1 }),
    );
    const state = host(many);
    state.nextCall = 2_999;
    call(state, DAY_MS, 'free:one');
    call(state, DAY_MS + 1, 'free:two');
    expect(state.accounts.size).toBeGreaterThan(3_000);
    state.nextCall = 3_999;
    call(state, DAY_MS + 2, 'free:three');
    call(state, DAY_MS + 3, 'free:four');
    expect(state.accounts.size).toBeLessThan(10);
  });
});
