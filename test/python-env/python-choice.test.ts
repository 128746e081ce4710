import { describe, expect, it } from 'vitest';
import { type PythonSituation, pythonSteps } from '../../src/python-env/python-choice.js';

function steps(situation: Partial<PythonSituation>) {
  return pythonSteps({
    wanted: ['3.10', '3.12'],
    belowMinor: null,
    found: [],
    atHand: '3.11.7',
    hasUv: true,
    consent: 'no',
    ...situation,
  });
}
const NO_310 = 'no Python 3.10 was found';

describe('the steps to a Python', () => {
  it('is the best one of the platform that is here, and another where that has no PyTorch', () => {
    expect(steps({ found: ['3.12'] })).toEqual([
      { kind: 'use', minor: '3.12' },
      { kind: 'at-hand', why: null, hint: null },
    ]);
    expect(steps({ found: ['3.12', '3.10'] })[0]).toEqual({ kind: 'use', minor: '3.10' });
  });

  it('is one step where the Python at hand is the platform’s', () => {
    expect(steps({ found: ['3.12'], atHand: '3.12.3' })).toEqual([{ kind: 'use', minor: '3.12' }]);
  });

  it('downloads one after asking, and unasked with --yes', () => {
    const atHand = { kind: 'at-hand', why: NO_310, hint: null };
    expect(steps({ consent: 'ask' })).toEqual([
      { kind: 'download', minor: '3.10', ask: true },
      atHand,
    ]);
    expect(steps({ consent: 'yes' })).toEqual([
      { kind: 'download', minor: '3.10', ask: false },
      atHand,
    ]);
  });

  it('continues with the Python at hand where no person can be asked, and says how to change it', () => {
    expect(steps({})).toEqual([
      { kind: 'at-hand', why: NO_310, hint: '--yes downloads Python 3.10 with uv' },
    ]);
  });

  it('continues with it where uv is missing, whatever is agreed to', () => {
    expect(steps({ hasUv: false, consent: 'yes' })).toEqual([
      { kind: 'at-hand', why: NO_310, hint: null },
    ]);
  });

  it('wants none that is too new for the Space’s packages, or too old for spaces', () => {
    expect(steps({ wanted: ['3.13'], belowMinor: 13, consent: 'yes' })).toEqual([
      { kind: 'at-hand', why: null, hint: null },
    ]);
    expect(steps({ wanted: ['3.9'], consent: 'yes' })).toEqual([
      { kind: 'at-hand', why: null, hint: null },
    ]);
  });

  it('takes any Python where nothing is wanted, and is empty where there is none', () => {
    expect(steps({ wanted: [] })).toEqual([{ kind: 'at-hand', why: null, hint: null }]);
    expect(steps({ atHand: null })).toEqual([]);
    expect(steps({ atHand: null, consent: 'yes' })).toEqual([
      { kind: 'download', minor: '3.10', ask: false },
    ]);
  });
});
