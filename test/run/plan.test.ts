import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Locator } from '../../src/allocator/client/index.js';
import { loadProfile, profileNames } from '../../src/platform/index.js';
import type { CardFacts } from '../../src/run/allocator/plan-device.js';
import { parseRunOptions, type RawRunOptions } from '../../src/run/options/options.js';
import { parseServeOptions } from '../../src/run/options/serve-options.js';
import { ignoredFlags, planRun, type RunFacts } from '../../src/run/plan.js';
import { planServe } from '../../src/run/plan-host.js';

const RAW: RawRunOptions = {
  ...{ platform: 'rtx-pro-6000', gpu: 'auto', gpus: '1', speed: '1', seed: '0' },
  ...{ logFormat: 'text', as: 'anonymous', host: '127.0.0.1', install: true },
  ...{ startTimeout: '10m', owner: 'free' },
};
const SERVE = { kind: 'serve', url: 'http://127.0.0.1:1', space: null } as Locator;
const CARDS: CardFacts = { kind: 'cards', discovery: { cards: [], migs: [] } as never };
const NO_DRIVER: CardFacts = { kind: 'none', why: 'there is no nvidia-smi on PATH' };

function optionsOf(raw: Partial<RawRunOptions> = {}, command: readonly string[] = []) {
  return parseRunOptions('space', command, { ...RAW, ...raw }, '/work');
}

function factsOf(more: Partial<RunFacts> = {}): RunFacts {
  return {
    ...{ runId: 'f00d', stateDir: '/state', env: {}, profile: loadProfile('rtx-pro-6000') },
    ...{ spaceId: 'ada/space', serve: null, cards: NO_DRIVER, lacksCuda: null },
    ...more,
  };
}

const plan = (raw: Partial<RawRunOptions> = {}, facts: Partial<RunFacts> = {}) =>
  planRun({ name: 'space' }, optionsOf(raw), factsOf(facts));

function hostOf({ allocator }: ReturnType<typeof plan>) {
  if (allocator.kind !== 'own') throw new Error('the run joins');
  return allocator.host;
}

describe('the allocator of a run', () => {
  it('is that of zerogpu serve while it runs, but for a fresh run', () => {
    expect(plan({}, { serve: SERVE }).allocator).toEqual({ kind: 'join', serve: SERVE });
    expect(plan({ fresh: true }, { serve: SERVE }).allocator.kind).toBe('own');
    expect(plan().allocator.kind).toBe('own');
  });

  it('keeps quotas for the next run, but for a fresh one and that of a command', () => {
    expect(hostOf(plan()).ledgerDir).toMatch(/^\/state\/ledgers\/space-/);
    expect(hostOf(plan({ fresh: true })).ledgerDir).toBeNull();
    const ofCommand = planRun({ name: 'space' }, optionsOf({}, ['pytest']), factsOf());
    expect([hostOf(ofCommand).ledgerDir, ofCommand.command]).toEqual([null, ['pytest']]);
  });

  it('lets no duration end a call of a weightless run', () => {
    const { rules, deviceRequest } = hostOf(
      plan({ weightless: true, gpu: 'mock' }, { env: { ZEROGPU_WEIGHTLESS_CALLS: '/calls' } }),
    );
    expect(rules.profile.lease.graceSeconds).toBe(86_400);
    expect(deviceRequest).toMatchObject({ weightless: true, callsDir: '/calls' });
    expect(hostOf(plan()).rules.profile).toEqual(loadProfile('rtx-pro-6000'));
  });

  it('is refused credits that its platform does not have; that of serve is asked when it is joined', () => {
    const old = { profile: loadProfile('h200') };
    expect(() => plan({ credits: '60s' }, old)).toThrow(/has no prepaid credits/);
    expect(plan({ credits: '60s' }, { ...old, serve: SERVE }).allocator.kind).toBe('join');
  });
});

describe('the device of a run', () => {
  it.each([
    ['auto', NO_DRIVER, null, 'mock'],
    ['auto', CARDS, null, 'nvidia'],
    ['auto', CARDS, 'PyTorch 2.9 is built without CUDA', 'mock'],
    ['mock', null, null, 'mock'],
    ['nvidia', CARDS, null, 'nvidia'],
  ] as const)('of --gpu %s', (gpu, cards, lacksCuda, name) => {
    expect(hostOf(plan({ gpu }, { cards, lacksCuda })).device.name).toBe(name);
  });

  it('is never a card that PyTorch can’t use, and a note says why where there is a driver', () => {
    const reasons = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(reasons, fc.option(fc.integer({ min: 1, max: 4 })), (why, slices) => {
        const raw = slices === null ? {} : { slices: String(slices) };
        const { device } = hostOf(plan(raw, { cards: CARDS, lacksCuda: why }));
        expect(device.name).toBe('mock');
        expect(device.notes.join('\n')).toContain(why);
        const asked = { gpu: 'nvidia', ...raw };
        expect(() => plan(asked, { cards: CARDS, lacksCuda: why })).toThrow(/PyTorch with CUDA/);
      }),
    );
  });
});

describe('a plan', () => {
  it('is data, the same for the same facts', () => {
    const platforms = fc.constantFrom(...profileNames);
    const flags = fc.record({ fresh: fc.boolean(), localHub: fc.boolean(), platform: platforms });
    const faults = fc.constantFrom(undefined, 'token-error');
    fc.assert(
      fc.property(flags, faults, fc.boolean(), (raw, fault, joins) => {
        const asked = fault === undefined ? raw : { ...raw, fault };
        const facts = { profile: loadProfile(raw.platform), serve: joins ? SERVE : null };
        const one = plan(asked, facts);
        expect(structuredClone(one)).toEqual(plan(asked, facts));
        expect(one.gateway.tokenError === null).toBe(fault === undefined);
        expect(one.hasLocalHub).toBe(raw.localHub);
      }),
    );
  });
});

describe('flags of a run that joins', () => {
  const joined = { platform: 'rtx-pro-6000', gpus: 2 };
  it('are named where the host has decided otherwise', () => {
    expect(ignoredFlags(optionsOf(), joined)).toEqual([]);
    expect(ignoredFlags(optionsOf({ gpus: '2', fault: 'token-error' }), joined)).toEqual([]);
    const asked = { platform: 'h200', gpus: '4', speed: '60', vram: '8GB', duration: '60' };
    expect(ignoredFlags(optionsOf(asked), joined)).toEqual([
      '--platform',
      '--gpus',
      '--vram',
      '--duration',
      '--speed',
    ]);
  });
});

describe('the host of zerogpu serve', () => {
  const facts = { profile: loadProfile('h200'), stateDir: '/state', lastPort: 4_321 };

  it('takes the port that it last had, and a card on demand only', () => {
    const auto = planServe(parseServeOptions(RAW, '/'), { ...facts, cards: CARDS });
    expect(auto).toMatchObject({
      ...{ kind: 'serve', ledgerDir: '/state/ledgers/serve', device: { name: 'mock' } },
      port: { number: 4_321, explicit: false },
    });
    const asked = parseServeOptions({ ...RAW, gpu: 'nvidia', port: '5000', fresh: true }, '/');
    expect(planServe(asked, { ...facts, cards: CARDS })).toMatchObject({
      ...{ ledgerDir: null, device: { name: 'nvidia' } },
      port: { number: 5_000, explicit: true },
    });
  });
});
