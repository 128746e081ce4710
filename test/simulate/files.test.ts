import { describe, expect, it } from 'vitest';
import { fitWorkload } from '../../src/simulate/fit.js';
import { planSimulation } from '../../src/simulate/plan.js';
import { EXAMPLE, readWorkload } from '../../src/simulate/read-workload.js';

const fails = (text: string) => {
  try {
    readWorkload(text, 'w.yaml');
  } catch (error) {
    return error;
  }
  return null;
};

describe('a workload file', () => {
  it('may be the example, YAML or JSON', () => {
    const example = readWorkload(EXAMPLE, 'example');
    expect(example.gpus).toBe(1);
    expect(readWorkload(JSON.stringify(example), 'w.json')).toEqual(example);
    expect(planSimulation(example).functions).toHaveLength(1);
  });

  it.each([
    ['gpus: 0\n', 'gpus'],
    ['gpu: 1\n', 'did you mean gpus'],
    ['visitors: {}\nspaces: {}\n', 'no tier has a visit'],
    ['visitors: { free: { per_day: 1 } }\nspaces: { a: { functions: {} } }\n', 'at least one'],
    ['pattern: [1, 2]\n', 'pattern'],
    ['a: [\n', 'flow'],
    ['just text\n', 'the file'],
    ['', 'the file'],
  ])('%j is refused, with the key', (text, word) => {
    const error = fails(text);
    expect(error).toMatchObject({ code: 'E_SIMULATE_INPUT' });
    expect(String((error as { why?: string }).why).toLowerCase()).toContain(word);
  });

  it.each([
    [
      'visitors: { gold: { per_day: 1 } }\nspaces: { a: { functions: { f: { real: 1 } } } }',
      'visitors.gold',
    ],
    [
      'visitors: { pro: { per_day: 1 } }\nspaces: { a: { functions: { f: { real: 1, size: xlarge } } } }',
      'xlarge',
    ],
  ])('%j does not fit the platform', (text, word) => {
    expect(() => planSimulation(readWorkload(text, 'w.yaml'))).toThrow(word);
  });
});

describe('a recording', () => {
  const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1) + seconds * 1000).toISOString();
  const line = (
    call: number,
    seconds: number,
    event: string,
    more: object = {},
    key = 'free:ada',
  ) =>
    JSON.stringify({
      ...{ t: at(seconds), event, call, space: 'hello', taskId: '1', function: 'generate' },
      ...{ visitor: { key, tier: key.split(':')[0], hasToken: true }, askedSeconds: 30 },
      ...{ size: 'large', ...more },
    });
  const recording = [
    '{"t":"2030-01-01T00:00:00.000Z","event":"banner"}',
    line(1, 0, 'granted', { warm: false }),
    line(1, 9, 'ended', { usedSeconds: 9 }),
    line(2, 29, 'granted', { warm: true }),
    line(2, 33, 'ended', { usedSeconds: 4 }),
    line(3, 40, 'refused', {}, 'anonymous:1'),
    line(4, 7_200, 'queued'),
    line(4, 7_210, 'granted', { warm: true }),
    line(4, 7_216, 'ended', { usedSeconds: 6 }),
    '{"t":"2030-01-01T02:00:1',
  ].join('\n');

  it('gives functions their real seconds, and visitors their visits', () => {
    const { workload, notes } = fitWorkload(recording, 2);
    expect(workload.gpus).toBe(2);
    expect(workload.spaces['hello']?.functions['generate']).toMatchObject({
      declared: 30,
      real: { empirical: [4, 6] },
      cold: 3,
    });
    // Two visits of ada in two hours: the second two hours later.
    expect(workload.visitors['free']?.per_day).toBeCloseTo((2 * 86_400) / 7_216, 3);
    expect(workload.visitors['free']).toMatchObject({
      calls: { empirical: [2, 1] },
      think: { empirical: [20] },
    });
    expect(workload.visitors['anonymous']?.per_day).toBeGreaterThan(0);
    expect(notes.join(' ')).toContain('2.0 h');
    expect(planSimulation(workload).tiers).toHaveLength(2);
  });

  it.each([
    ['', 'no finished'],
    ['not json', 'no finished'],
    [line(1, 0, 'refused'), 'no finished'],
  ])('%j is refused', (text, word) => {
    expect(() => fitWorkload(text, 1)).toThrow(word);
  });
});
