import { describe, expect, it } from 'vitest';
import { runRules } from '../../src/check/engine.js';
import { defineRule, type Rule, type RuleContext } from '../../src/check/rule.js';
import { loadProfile } from '../../src/platform/index.js';
import { filesInMemory, readSpaceModel } from '../../src/space/index.js';
import { noPython } from '../../src/space/python/index.js';

const h200 = loadProfile('h200');
const newer = loadProfile('rtx-pro-6000');
const context: RuleContext = {
  space: await readSpaceModel('demo', filesInMemory({})),
  profile: h200,
  profiles: [h200],
  python: noPython(),
  hosting: null,
  hub: null,
  resolutions: new Map(),
  measured: null,
  estimated: null,
};
const both = { ...context, profiles: [h200, newer] };

function rule(parts: Partial<Rule> & Pick<Rule, 'id' | 'check'>): Rule {
  return defineRule({
    name: 'made-up',
    severity: 'error',
    summary: '',
    docs: { why: '', instead: '', evidence: '' },
    words: () => ({ message: '' }),
    ...parts,
  });
}

const at = (line: number) => ({ line, column: 1, endLine: line, endColumn: 2 });

describe('the engine', () => {
  it('puts the gravest first, then file, line and rule', () => {
    const a = rule({
      id: 'ZG902',
      check: () => [
        { file: 'b.py', range: at(9), data: {}, severity: 'warning' },
        { file: 'b.py', range: at(2), data: {} },
        { file: 'a.py', range: at(5), data: {} },
      ],
    });
    const b = rule({ id: 'ZG901', check: () => [{ file: 'a.py', range: at(5), data: {} }] });
    const { findings } = runRules([a, b], context);
    expect(findings.map((one) => [one.severity, one.file, one.range?.line, one.rule])).toEqual([
      ['error', 'a.py', 5, 'ZG901'],
      ['error', 'a.py', 5, 'ZG902'],
      ['error', 'b.py', 2, 'ZG902'],
      ['warning', 'b.py', 9, 'ZG902'],
    ]);
  });

  it('keeps the findings of the others when a rule throws', () => {
    const broken = rule({
      id: 'ZG901',
      check() {
        throw new Error('a bug');
      },
    });
    const sound = rule({ id: 'ZG902', check: () => [{ file: 'a.py', range: null, data: {} }] });
    const { findings, failures } = runRules([broken, sound], both);
    expect(findings.map((one) => one.rule)).toEqual(['ZG902']);
    expect(failures).toEqual([{ rule: 'ZG901', error: new Error('a bug') }]);
  });

  it('says where a finding would not be one', () => {
    const onH200 = rule({
      id: 'ZG901',
      *check({ profile }) {
        yield { file: 'a.py', range: at(1), data: {} };
        if (profile === h200) yield { file: 'a.py', range: at(2), data: {} };
        yield {
          file: 'a.py',
          range: at(3),
          data: {},
          severity: profile === h200 ? 'error' : 'info',
        };
      },
    });
    const { findings } = runRules([onH200], both);
    expect(findings.map((one) => one.alsoFineOn)).toEqual([[], ['rtx-pro-6000'], ['rtx-pro-6000']]);
  });

  it('says the same thing once', () => {
    const twice = rule({
      id: 'ZG901',
      check: () => [1, 1, 2].map((line) => ({ file: 'a.txt', range: at(line), data: {} })),
    });
    expect(runRules([twice], context).findings).toHaveLength(2);
  });
});
