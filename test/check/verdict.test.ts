import { describe, expect, it } from 'vitest';
import { checkSpace } from '../../src/check/check-space.js';
import { reporters } from '../../src/check/reporters/index.js';
import { rules } from '../../src/check/rules/index.js';
import { spaceReport } from '../../src/check/space-report.js';
import { exitCodeOf, verdictOf } from '../../src/check/verdict.js';
import { noPaint } from '../../src/shared/paint.js';
import { filesInMemory } from '../../src/space/index.js';

const APP = `import gradio as gr
import spaces
import torch

net = torch.compile(torch.nn.Linear(2, 2))

@spaces.GPU(duration=30)
def f(x):
    return x

gr.Interface(f, "text", "text").launch()
`;
const README =
  '---\nsdk: gradio\nsdk_version: 5.49.1\npython_version: 3.10.13\napp_file: app.py\n---\n';

async function reportOf(files: Readonly<Record<string, string>>, strict = false) {
  const asked = { platform: 'h200', rules, hosting: null, strict, maxWarnings: null };
  const checked = await checkSpace('demo', filesInMemory(files), asked);
  return spaceReport({ path: '.', name: 'demo', dir: null }, checked, asked);
}

describe('the verdict', () => {
  const found = (...all: ('error' | 'warning' | 'info')[]) => all.map((severity) => ({ severity }));

  it.each([
    [found('error'), { strict: false, maxWarnings: null }, true],
    [found('warning', 'info'), { strict: false, maxWarnings: null }, false],
    [found('warning'), { strict: true, maxWarnings: null }, true],
    [found('info'), { strict: true, maxWarnings: 0 }, false],
    [found('warning', 'warning'), { strict: false, maxWarnings: 1 }, true],
    [found('warning'), { strict: false, maxWarnings: 1 }, false],
  ])('of %j with %j', (findings, policy, isFailed) => {
    const verdict = verdictOf(findings, policy);
    expect(verdict.isFailed).toBe(isFailed);
    expect(exitCodeOf([verdict])).toBe(isFailed ? 1 : 0);
  });

  it('is the same in every format: more warnings than the limit are failures in JUnit too', async () => {
    const space = await reportOf({ 'README.md': README, 'app.py': APP });
    const verdict = verdictOf(
      space.findings.map((one) => ({ ...one, severity: 'warning' as const })),
      { strict: false, maxWarnings: 0 },
    );
    const findings = space.findings.map((one) => ({ ...one, severity: 'warning' as const }));
    const report = { spaces: [{ ...space, findings, verdict }], elapsedMs: 1, exitCode: 1 };
    const how = { paint: noPaint, ascii: false, columns: 80, version: '1', repositoryRoot: '/' };
    expect(reporters.junit(report, how)).toContain('<failure type="warning"');
    expect(JSON.parse(reporters.json(report, how)).spaces[0].failed).toBe(true);
    expect(JSON.parse(reporters.sarif(report, how)).runs[0].invocations[0].exitCode).toBe(1);
    expect(reporters.text(report, how)).toContain('✗ ');
  });

  it('is given for each profile, with the comments heeded', async () => {
    const { verdicts } = await reportOf({
      'README.md': README.replace('3.10.13', '3.9.1'),
      'app.py': APP.replace('Linear(2, 2))', 'Linear(2, 2))  # zerogpu: ignore ZG305 why'),
    });
    expect(verdicts.map(({ profile, errors }) => [profile, errors > 0])).toEqual([
      ['h200', true],
      ['rtx-pro-6000', true],
    ]);
    const clean = await reportOf({ 'README.md': README, 'app.py': APP.replace(/^net.*$/m, '') });
    expect(clean.verdicts.every(({ errors }) => errors === 0)).toBe(true);
  });
});

describe('a Space without front matter', () => {
  const rulesOf = ({ findings }: { findings: readonly { rule: string }[] }) =>
    findings.map(({ rule }) => rule);

  it.each([
    ['app.py', { 'app.py': APP, 'other.py': APP }],
    ['the one file that builds a Gradio app', { 'demo/main.py': APP, 'tool.py': 'print(1)\n' }],
  ])('is checked against %s', async (_name, files) => {
    const space = await reportOf(files);
    expect(rulesOf(space)).toContain('ZG305');
    expect(space.assumed[0]).toMatch(/the platform starts (?:app|demo\/main)\.py/);
    expect(space.unchecked[0]).toBe('metadata (there is no README.md)');
  });

  it('has no app where two files build one', async () => {
    const space = await reportOf({ 'one.py': APP, 'two.py': APP });
    expect(space.unchecked).toContain('code (there is no app.py)');
  });

  it('counts only the rules that had something to look at', async () => {
    const bare = await reportOf({ 'app.py': APP });
    const full = await reportOf({
      'README.md': README,
      'requirements.txt': 'numpy\n',
      'app.py': APP,
    });
    expect(bare.passed).toBeLessThan(full.passed);
    expect((await reportOf({})).passed).toBe(0);
  });

  it('has its dependencies checked', async () => {
    const space = await reportOf({ 'app.py': APP, 'requirements.txt': 'torch==1.0\n' });
    expect(rulesOf(space)).toContain('ZG201');
  });
});

describe('folding', () => {
  it('shows the first of many, and names the others by their places', async () => {
    const calls = Array.from(
      { length: 9 },
      (_, i) => `n${i} = torch.compile(torch.nn.Linear(2, 2))`,
    );
    const space = await reportOf({
      'README.md': README,
      'app.py': APP.replace(/^net.*$/m, calls.join('\n')),
    });
    const how = { paint: noPaint, ascii: false, columns: 80, version: '1', repositoryRoot: '/' };
    const report = { spaces: [space], elapsedMs: 1, exitCode: 1 };
    const text = reporters.text(report, how);
    expect(text.match(/error ZG305/g)).toHaveLength(3);
    expect(text).toContain('and 6 more: app.py:8, app.py:9');
    expect(JSON.parse(reporters.json(report, how)).spaces[0].findings).toHaveLength(9);
  });

  it('keeps what a rule says in other words', async () => {
    const keys = ['a', 'b', 'c'].map((letter) => `unknown_${letter}: 1`);
    const long = `short_description: ${'x'.repeat(61)}`;
    const wrong = ['colorFrom: orange', 'colorTo: black', 'emoji: [a]', 'title: [b]', long];
    const front = [...wrong, ...keys];
    const space = await reportOf({
      'README.md': README.replace('title: Demo\n', '').replace(
        /^---\n/,
        `---\n${front.join('\n')}\n`,
      ),
      'app.py': APP,
    });
    const how = { paint: noPaint, ascii: false, columns: 80, version: '1', repositoryRoot: '/' };
    const text = reporters.text({ spaces: [space], elapsedMs: 1, exitCode: 1 }, how);
    expect(text.match(/error ZG109/g)).toHaveLength(5);
    expect(text.match(/info ZG109/g)).toHaveLength(1);
    expect(text).toContain('and 2 more: README.md:8, README.md:9');
  });
});
