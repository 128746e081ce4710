import { describe, expect, it } from 'vitest';
import { compareVariables, type VariableFacts } from '../../../src/run/variables/compare.js';

const facts = (changes: Partial<VariableFacts>): VariableFacts => ({
  ...{ given: [], present: new Set(), reads: [], isMentioned: () => true, hub: null },
  overruled: [],
  ...changes,
});
const READ = { name: 'API_KEY', file: 'app.py', line: 3 };

describe('variables of --env-file', () => {
  it('has nothing to say where all are given and read', () => {
    const report = compareVariables(facts({ given: ['API_KEY'], reads: [READ] }));
    expect(report).toEqual({ notes: [], warnings: [] });
    expect(compareVariables(facts({ present: new Set(['API_KEY']), reads: [READ] }))).toEqual(
      report,
    );
  });

  it('names a read that fails, and the name that was meant', () => {
    const report = compareVariables(
      facts({ given: ['APIKEY'], reads: [READ], isMentioned: () => false }),
    );
    expect(report.warnings).toEqual([
      'app.py:3 reads API_KEY, which is not set: KeyError (--env-file has APIKEY)',
    ]);
    expect(report.notes).toEqual([
      'not in the code of the Space, though a package may read: APIKEY',
    ]);
  });

  it('says which names the Space on the Hub lacks, and which it has beyond these', () => {
    const report = compareVariables(
      facts({
        ...{ given: ['API_KEY', 'MODE'], reads: [READ] },
        hub: { id: 'ada/hello', names: ['MODE', 'WEBHOOK'] },
      }),
    );
    expect(report).toEqual({
      notes: ['ada/hello on the Hub has, and this run has not: WEBHOOK'],
      warnings: [
        'ada/hello on the Hub has no variable and no secret API_KEY, which app.py:3 reads',
      ],
    });
  });

  it('says so where the Hub does not list them, and what has no effect', () => {
    const report = compareVariables(
      facts({
        ...{ given: ['SPACE_ID'], overruled: ['SPACE_ID'] },
        hub: { id: 'ada/hello', names: null },
      }),
    );
    expect(report).toEqual({
      notes: ["ada/hello: the Hub lists its variables to its owner's token alone"],
      warnings: ['--env-file: SPACE_ID is set by zerogpu as the platform sets it'],
    });
  });
});
