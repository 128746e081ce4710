import { describe, expect, it } from 'vitest';
import {
  createFaultPlan,
  faultOf,
  parseCallFaults,
  parseFaults,
} from '../../../src/allocator/server/faults.js';

describe('--fault', () => {
  it('reads kinds, times and when', () => {
    expect(parseFaults('no-gpu, quota@3,kill=2s@10%,slow')).toEqual([
      { kind: 'no-gpu', seconds: 0, nth: null, share: 1 },
      { kind: 'quota', seconds: 0, nth: 3, share: 1 },
      { kind: 'kill', seconds: 2, nth: null, share: 0.1 },
      { kind: 'slow', seconds: 3, nth: null, share: 1 },
    ]);
  });

  it.each([
    'nothing',
    '',
    'no-gpu,',
    'quota=3s',
    'kill=abc',
    'no-gpu@0',
    'no-gpu@0%',
    'slow@101%',
    'token-error@2',
  ])('refuses %j with a fix', (text) => {
    expect(() => parseFaults(text)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', fix: [expect.stringContaining('--fault')] }),
    );
  });

  it('hits the nth call alone, and the first fault of the list wins', () => {
    const faults = parseFaults('quota@2,no-gpu@2,slow@50%');
    expect(faultOf(faults, 1, 0.9)).toBeNull();
    expect(faultOf(faults, 2, 0.9)?.kind).toBe('quota');
    expect(faultOf(faults, 3, 0.2)?.kind).toBe('slow');
  });

  it('draws the same for the same seed, near the share that was asked for', () => {
    const draw = (seed: number) => {
      const plan = createFaultPlan(parseFaults('no-gpu@10%'), seed);
      return Array.from({ length: 2_000 }, () => plan.nextCall() !== null);
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const hits = draw(7).filter(Boolean).length;
    expect(hits).toBeGreaterThan(150);
    expect(hits).toBeLessThan(250);
  });

  it('counts starts apart from calls', () => {
    const plan = createFaultPlan(parseFaults('startup-404@1,no-gpu@1'), 1);
    expect(plan.nextCall()?.kind).toBe('no-gpu');
    expect(plan.nextStartup()?.kind).toBe('startup-404');
    expect([plan.nextCall(), plan.nextStartup()]).toEqual([null, null]);
  });

  it('lists those that are on for calls as --fault has them', () => {
    const spec = 'no-gpu@1,kill=2s@10%,slow,quota@3';
    const plan = createFaultPlan(parseFaults(`startup-404,${spec}`), 1);
    expect(plan.callFaults().join(',')).toBe(spec);
    plan.replaceCallFaults(parseCallFaults('kill@12.5%'));
    expect(plan.callFaults()).toEqual(['kill@12.5%']);
    plan.replaceCallFaults([]);
    expect(plan.callFaults()).toEqual([]);
  });

  it('takes others while it runs, and counts from the next call', () => {
    const plan = createFaultPlan(parseFaults('no-gpu,startup-404'), 1);
    expect(plan.nextCall()?.kind).toBe('no-gpu');
    plan.replaceCallFaults(parseCallFaults('quota@2'));
    expect([plan.nextCall(), plan.nextCall()?.kind, plan.nextCall()]).toEqual([
      null,
      'quota',
      null,
    ]);
    plan.replaceCallFaults(parseCallFaults(''));
    expect(plan.nextCall()).toBeNull();
    expect(plan.nextStartup()?.kind).toBe('startup-404');
    for (const spec of ['token-error', 'no-gpu,startup-404', 'nothing']) {
      expect(() => parseCallFaults(spec)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    }
  });
});
