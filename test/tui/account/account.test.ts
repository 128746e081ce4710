import { describe, expect, it } from 'vitest';
import { HubError } from '../../../src/hub/errors.js';
import type { Hub } from '../../../src/hub/port.js';
import { TIERS } from '../../../src/platform/tiers.js';
import type { Clock } from '../../../src/shared/clock.js';
import { createAccountFeed } from '../../../src/tui/account/feed.js';
import { accountLines, accountPanel } from '../../../src/tui/account/panel.js';
import { plainAccount } from '../../../src/tui/account/plain.js';
import { type AccountSource, problemOf, readAccount } from '../../../src/tui/account/read.js';
import { accountSchema, accountView } from '../../../src/tui/account/view.js';
import { textOf } from '../../../src/tui/lines.js';
import { glyphsOf } from '../../../src/tui/style.js';
import { initialUi } from '../../../src/tui/ui-state.js';
import { SMALLEST, viewModel } from '../../../src/tui/view-model.js';
import { busySnapshot } from '../../support/tui/snapshots.js';

const NOW = Date.parse('2026-11-24T08:00:00Z');
const zero = {
  stage: 'RUNNING',
  hardware: 'zero-a10g',
  requestedHardware: null,
  sleepSeconds: null,
};
const STYLE = { ascii: true, colour: false, still: true, screenReader: false };

const hub = (changes: Partial<Hub> = {}) =>
  ({
    endpoint: 'http://hub.test',
    accountQuota: async () => ({
      baseSeconds: 1_500,
      leftSeconds: 400,
      resetsAt: '2026-11-24T09:00:00Z',
      overquotaSeconds: 12,
      runs: { used: 4, limit: 10, left: 6, resetsAt: null },
    }),
    who: async () => ({ name: 'ada', isPro: true, orgs: [], plan: null }),
    spacesOf: async () => [
      { id: 'ada/b', runtime: zero },
      { id: 'ada/cpu', runtime: { ...zero, hardware: 'cpu-basic' } },
      {
        id: 'ada/a',
        runtime: { ...zero, stage: 'SLEEPING', hardware: null, requestedHardware: 'zero-a10g' },
      },
    ],
    ...changes,
  }) as Hub;

const inAllTiers = (refused: boolean) =>
  ({ free: refused, pro: refused, team: refused, enterprise: refused }) as const;

const source = (changes: Partial<Hub> = {}): AccountSource => ({
  hub: hub(changes),
  functions: [
    { name: 'generate', askedSeconds: 60, refused: inAllTiers(false) },
    { name: 'tiny', askedSeconds: 5, refused: inAllTiers(false) },
    { name: 'video', askedSeconds: 300, refused: inAllTiers(true) },
  ],
  hostingLimits: { free: 3, pro: 10 },
  tiers: TIERS,
  wallMs: () => NOW,
});

const missing = new HubError('E_HUB_PERMISSION', 'the token may not read it', { fix: 'a fix' });

describe('the account', () => {
  it('is shown with its countdown, its Spaces, and the calls that it pays for', async () => {
    const view = accountView(await readAccount(source()), NOW + 12_000, null);
    expect(accountSchema.parse(view)).toEqual(view);
    expect(view).toMatchObject({
      name: 'ada',
      tier: 'pro',
      ageSeconds: 12,
      stale: false,
      resetsInSeconds: 3_588,
      hosting: { limit: 10, spaces: ['ada/a', 'ada/b'] },
    });
    // 400 s left pay for 6 of 60 s; 80 of 5 s, but 6 runs are left; a refused call for none.
    expect(view.calls.map(({ calls }) => calls)).toEqual([6, 6, 0]);
    expect(plainAccount(view)).toBe(
      [
        'account\tada',
        'tier\tpro',
        'left_s\t400',
        'base_s\t1500',
        'resets_at\t2026-11-24T09:00:00Z',
        'overquota_s\t12',
        'runs_left\t6\t10\t',
        'hosted\t2\t10',
        'hosts\tada/a',
        'hosts\tada/b',
        'calls\tgenerate\t60\t6',
        'calls\ttiny\t5\t6',
        'calls\tvideo\t300\t0',
        'age_s\t12\n',
      ].join('\n'),
    );
  });

  it('is shown without a name or Spaces when the token may not read them', async () => {
    const fails = () => Promise.reject(missing);
    const nameless = accountView(await readAccount(source({ who: fails })), NOW, null);
    expect(nameless).toMatchObject({ name: null, tier: null, hosting: null, leftSeconds: 400 });
    expect(nameless.problems).toEqual([
      { code: 'E_HUB_PERMISSION', message: 'the token may not read it', fix: ['a fix'] },
    ]);
    const homeless = accountView(await readAccount(source({ spacesOf: fails })), NOW, null);
    expect(homeless).toMatchObject({ name: 'ada', hosting: null });
    await expect(readAccount(source({ accountQuota: fails }))).rejects.toBe(missing);
  });

  it('marks old figures with their age and why', async () => {
    const view = accountView(await readAccount(source()), NOW + 200_000, problemOf(missing));
    expect(view).toMatchObject({ stale: true, ageSeconds: 200 });
    const { title, lines } = accountPanel({ view, problem: null }, 60, glyphsOf(STYLE));
    expect(title).toContain('old: 3m20s ago');
    expect(lines.map(textOf).at(-1)).toContain('the token may not read it Fix: a fix');
  });

  it('keeps what strangers named from moving the cursor', async () => {
    const view = accountView(
      await readAccount(
        source({ who: async () => ({ name: 'a\u001b[2J', isPro: false, orgs: [], plan: null }) }),
      ),
      NOW,
      null,
    );
    expect(plainAccount(view)).not.toContain('\u001b');
    expect(accountLines({ view, problem: null }).join()).not.toContain('\u001b');
  });
});

/** Time that moves when told, and the timers of it. */
function handClock() {
  let ms = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const clock: Clock = {
    now: () => ({ wallMs: NOW + ms, monotonicMs: ms }),
    after(delayMs, callback) {
      const timer = { at: ms + delayMs, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  return {
    clock,
    async forward(seconds: number) {
      ms += seconds * 1_000;
      for (const timer of [...timers]) {
        if (timer.at > ms || !timers.delete(timer)) continue;
        timer.callback();
      }
      await new Promise(setImmediate);
    },
    pending: () => timers.size,
  };
}

describe('asking again', () => {
  it('is done every 60 s, later when the Hub says so, at once with a key', async () => {
    const { clock, forward, pending } = handClock();
    let asked = 0;
    let fail: HubError | null = null;
    const read = async () => {
      asked += 1;
      if (fail) throw fail;
      return readAccount({ ...source(), wallMs: () => clock.now().wallMs });
    };
    const feed = createAccountFeed(read, clock);
    await forward(0);
    expect([asked, feed.view()?.ageSeconds]).toEqual([1, 0]);
    await forward(59);
    expect([asked, feed.view()?.ageSeconds]).toEqual([1, 59]);
    await forward(1);
    expect([asked, feed.view()?.ageSeconds]).toEqual([2, 0]);
    feed.refresh();
    expect(asked).toBe(2);
    await forward(5);
    feed.refresh();
    feed.refresh();
    await forward(0);
    expect(asked).toBe(3);

    fail = new HubError('E_HUB_RATE_LIMITED', 'later', { waitSeconds: 200, fix: 'wait' });
    await forward(60);
    expect(asked).toBe(4);
    expect(feed.view()).toMatchObject({ stale: true, ageSeconds: 60, leftSeconds: 400 });
    feed.refresh();
    await forward(199);
    feed.refresh();
    expect(asked).toBe(4);
    fail = null;
    await forward(1);
    expect([asked, feed.view()?.stale]).toEqual([5, false]);
    feed.close();
    expect(pending()).toBe(0);
  });

  it('tells why there is nothing yet', async () => {
    const { clock, forward } = handClock();
    const feed = createAccountFeed(() => Promise.reject(missing), clock);
    expect(accountLines({ view: feed.view(), problem: feed.problem() })).toEqual([
      'asking the Hub',
    ]);
    await forward(0);
    expect(accountLines({ view: feed.view(), problem: feed.problem() })).toEqual([
      'the token may not read it Fix: a fix',
    ]);
    feed.close();
  });
});

describe('the panel', () => {
  it('fits every terminal, and goes first from a low one', async () => {
    const view = accountView(await readAccount(source()), NOW, problemOf(missing));
    const link = { phase: 'live', restarted: false } as const;
    for (const columns of [40, 80, 120]) {
      for (const rows of [SMALLEST.rows, SMALLEST.rows + 6, 40]) {
        const account = { view, problem: null };
        const { panels } = viewModel(
          busySnapshot(),
          initialUi(1),
          link,
          { columns, rows },
          STYLE,
          0,
          account,
        );
        const used = panels.reduce((sum, { lines }) => sum + lines.length + 2, 3);
        expect(used).toBeLessThanOrEqual(rows);
        expect(panels.some(({ id }) => id === 'account')).toBe(rows > SMALLEST.rows);
        for (const line of panels.flatMap(({ lines }) => lines)) {
          expect(textOf(line)).toHaveLength(columns - 2);
        }
      }
    }
  });
});
