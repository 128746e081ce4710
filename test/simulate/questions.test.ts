import { describe, expect, it } from 'vitest';
import { parseGoal, parseMetric } from '../../src/simulate/goal.js';
import { measure } from '../../src/simulate/measure.js';
import { planSimulation } from '../../src/simulate/plan.js';
import { EXAMPLE, readWorkload } from '../../src/simulate/read-workload.js';
import { compare, type Effort, replicate } from '../../src/simulate/replicate.js';
import { find, sensitivities } from '../../src/simulate/search.js';
import { parseVariables, withValue } from '../../src/simulate/vary.js';

const day = { ...readWorkload(EXAMPLE, 'example'), hours: 2, pattern: 'flat' as const };
const effort = (changes: Partial<Effort> = {}): Effort => ({
  ...{ seed: 1, replications: 2, precision: null, mostReplications: 40 },
  onProgress: () => {},
  ...changes,
});
const p95 = parseMetric('p95 wait', '--metric');

describe('figures and goals', () => {
  it('are read by name, of all or of a tier', () => {
    const measured = measure(planSimulation(day), 1, 0);
    expect(p95.read(measured)).toBe(measured.all.waits.p95);
    const ofFree = parseMetric('free longest wait', '--metric');
    expect(ofFree.read(measured)).toBe(measured.tiers['free']?.waits.longest);
    expect(parseMetric('utilisation', '--metric').read(measured)).toBe(measured.utilisation * 100);
    expect(parseMetric('Anonymous  Refused', '--metric').name).toBe('anonymous refused');
  });

  it('compare as they say', () => {
    expect(parseGoal('p95 wait < 1m', '--goal').isMet(59)).toBe(true);
    expect(parseGoal('p95 wait < 60', '--goal').isMet(60)).toBe(false);
    expect(parseGoal('pro refused <= 5%', '--goal').isMet(5)).toBe(true);
    expect(parseGoal('utilisation > 60', '--goal').isMet(61)).toBe(true);
    expect(parseGoal('p50 wait <= 0', '--goal').isMet(0)).toBe(true);
  });

  it.each(['p94 wait < 3', 'p95 wait', 'p95 wait < soon', '< 3', 'refused < x%', ''])(
    'refuse %j',
    (text) => {
      expect(() => parseGoal(text, '--goal')).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    },
  );
});

describe('what may vary', () => {
  it('are ranges with a step', () => {
    expect(parseVariables('gpus=1..4, duration=10..30:10', day)).toEqual([
      { name: 'gpus', values: [1, 2, 3, 4] },
      { name: 'duration', values: [10, 20, 30] },
    ]);
    expect(parseVariables('generate.duration=15', day)).toEqual([
      { name: 'generate.duration', values: [15] },
    ]);
  });

  it.each([
    ['gpus=1.5'],
    ['gpus=0..3'],
    ['gpu=1..3'],
    ['gpus=3..1'],
    ['gpus'],
    ['paint.duration=3'],
    ['gold.visitors=2'],
    ['gpus=1..200,duration=1..200'],
  ])('refuse %s', (text) => {
    expect(() => parseVariables(text, day)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });

  it('change the workload and nothing else', () => {
    const longer = withValue(day, 'duration', 90);
    expect(longer.spaces['image']?.functions['generate']?.declared).toBe(90);
    expect(withValue(longer, 'duration', 60)).toEqual(day);
    expect(withValue(day, 'free.visitors', 2).visitors['free']?.per_day).toBe(600);
    expect(withValue(day, 'free.visitors', 2).visitors['pro']).toEqual(day.visitors['pro']);
  });
});

describe('replications', () => {
  it('are as many as asked for, or until the precision is reached', () => {
    const plan = planSimulation(day);
    const mean = parseMetric('utilisation', '--metric');
    expect(replicate(plan, mean, effort()).measurements).toHaveLength(2);
    const precise = replicate(plan, mean, effort({ precision: 0.1, mostReplications: 100 }));
    expect(precise.isPrecise).toBe(true);
    expect(precise.interval.halfWidth).toBeLessThanOrEqual(0.1 * precise.interval.mean);
    const never = replicate(plan, p95, effort({ precision: 1e-9, mostReplications: 4 }));
    expect(never).toMatchObject({ isPrecise: false, measurements: { length: 4 } });
  });
});

describe('comparisons', () => {
  it('pair the replications: a shorter declaration is seen although the waits vary', () => {
    const plans = [planSimulation(day), planSimulation(withValue(day, 'gpus', 2))] as const;
    const { rows } = compare(plans, [p95], effort({ replications: 5 }));
    const [row] = rows;
    expect(row?.difference.mean).toBeLessThan(0);
    expect(Math.abs(row?.difference.mean ?? 0)).toBeGreaterThan(row?.difference.halfWidth ?? 1e9);
    const [same] = compare([plans[0], plans[0]], [p95], effort()).rows;
    expect(same?.difference).toMatchObject({ mean: 0, halfWidth: 0 });
  });
});

describe('a search', () => {
  it('finds the smallest number of GPUs, and its neighbour below misses', () => {
    const goal = parseGoal('p95 wait < 2s', '--find');
    const busy = withValue(day, 'visitors', 4);
    const { best, tried } = find(busy, null, goal, parseVariables('gpus=1..16', busy), effort());
    const gpus = best[0]?.values['gpus'] ?? 0;
    expect(gpus).toBeGreaterThan(1);
    const below = tried.find(({ values }) => values['gpus'] === gpus - 1);
    expect(below?.isMet).toBe(false);
    expect(best[0]?.isMet).toBe(true);
    expect(tried.length).toBeLessThanOrEqual(5);
  });

  it('says when nothing does', () => {
    const goal = parseGoal('p50 wait < 0', '--find');
    expect(find(day, null, goal, parseVariables('gpus=1..2', day), effort()).best).toEqual([]);
  });
});

describe('sensitivity', () => {
  it('ranks the settings by what they do', () => {
    const rows = sensitivities(withValue(day, 'visitors', 3), null, p95, effort());
    expect(rows.map(({ setting }) => setting)).toContain('gpus');
    const sizes = rows.map(({ difference }) => Math.abs(difference.mean));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(rows.find(({ setting }) => setting === 'gpus')?.difference.mean).toBeLessThan(0);
  });
});
