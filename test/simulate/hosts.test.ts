import { describe, expect, it } from 'vitest';
import { measure } from '../../src/simulate/measure.js';
import { hostsOf, planSimulation } from '../../src/simulate/plan.js';
import { hostLines } from '../../src/simulate/report/text.js';
import { workloadSchema } from '../../src/simulate/workload.js';

/** Two heavy and two light Spaces, in the order that sends both heavy ones to one host in turns. */
const day = (changes: object = {}) =>
  workloadSchema.parse({
    ...{ hosts: 2, hours: 6, pattern: 'flat', slices: 1 },
    visitors: { pro: { per_day: 4_000 } },
    spaces: {
      film: { share: 4, functions: { render: { declared: 60, real: { exponential: 12 } } } },
      chat: { share: 1, functions: { reply: { declared: 20, real: { exponential: 4 } } } },
      image: { share: 4, functions: { draw: { declared: 60, real: { exponential: 12 } } } },
      voice: { share: 1, functions: { speak: { declared: 20, real: { exponential: 4 } } } },
    },
    ...changes,
  });
const spacesOf = (changes: object) =>
  hostsOf(planSimulation(day(changes))).map(({ spaces }) => spaces);

describe('hosts of a workload', () => {
  it('get their Spaces in turn, or where visitors wait least', () => {
    expect(spacesOf({})).toEqual([
      ['film', 'image'],
      ['chat', 'voice'],
    ]);
    const [first = [], second = []] = spacesOf({ placement: 'least-wait' });
    expect(first).toHaveLength(2);
    expect(second).toHaveLength(2);
    expect(first.includes('film')).not.toBe(first.includes('image'));
  });

  it('make visitors wait less where placement looks at waits, on the same visits', () => {
    const inTurn = measure(planSimulation(day()), 1, 0);
    const least = measure(planSimulation(day({ placement: 'least-wait' })), 1, 0);
    expect(least.all.waits.mean).toBeLessThan(inTurn.all.waits.mean / 2);
  });

  it('may have different numbers of GPUs', () => {
    const plan = planSimulation(day({ hosts: [3, 1], gpus: 2, placement: 'least-wait' }));
    expect(plan.gpusOfHosts).toEqual([6, 2]);
    expect(hostsOf(plan)[0]?.spaces).toContain('film');
    const { utilisation, gpuHours } = measure(plan, 1, 0);
    expect(utilisation).toBeLessThan(1);
    expect(gpuHours).toBe(8 * 6);
  });

  it('are listed with their Spaces, the first of many', () => {
    const hosts = Array.from({ length: 10 }, () => ({ gpus: 2, spaces: ['a', 'b'] }));
    const lines = hostLines(hosts);
    expect(lines[0]).toMatch(/^host 1 +2 GPUs +a, b$/);
    expect(lines.at(-1)).toBe('and 2 further hosts');
  });
});
