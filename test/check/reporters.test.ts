/** Each format on one and the same report. */
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { CheckReport, SpaceReport } from '../../src/check/report.js';
import { reporters } from '../../src/check/reporters/index.js';
import type { Finding, Rule } from '../../src/check/rule.js';
import { rules } from '../../src/check/rules/index.js';
import { withWords } from '../../src/check/words.js';
import { loadProfile } from '../../src/platform/index.js';
import { ansiPaint, noPaint } from '../../src/shared/paint.js';
import { decodeSource } from '../../src/space/text.js';
import { sarifSchema } from '../support/check/sarif-schema.js';

const asked = ['ZG101', 'ZG102', 'ZG113', 'ZG201', 'ZG202'].map(
  (id) => rules.find((rule) => rule.id === id) as Rule,
);
const requirements = decodeSource(
  Buffer.from('# 1 < 2 & "3"\r\ntorch==2.3.0\t# 日本語, 100%: x\r\ntorch\r\n'),
);

const findings: readonly Finding[] = [
  {
    rule: 'ZG201',
    severity: 'error',
    file: 'requirements.txt',
    range: { line: 2, column: 1, endLine: 2, endColumn: 13 },
    data: {
      profile: 'h200',
      specifier: '==2.3.0',
      isNewer: false,
      supported: ['2.4.0', '2.8.0'],
      nearest: '2.4.0',
    },
    fix: {
      edits: [
        {
          file: 'requirements.txt',
          range: { line: 2, column: 6, endLine: 2, endColumn: 13 },
          newText: '==2.4.0',
        },
      ],
    },
    isUnreached: false,
    alsoFineOn: ['rtx-pro-6000'],
  },
  {
    rule: 'ZG113',
    severity: 'warning',
    file: 'Read me, "50%": <x>.md',
    range: null,
    data: { found: 'Read me, "50%": <x>.md', meant: 'README.md' },
    fix: null,
    isUnreached: false,
    alsoFineOn: [],
  },
  {
    rule: 'ZG202',
    severity: 'info',
    file: 'requirements.txt',
    range: { line: 3, column: 1, endLine: 3, endColumn: 6 },
    data: { specifier: '', newest: '2.8.0' },
    fix: null,
    isUnreached: false,
    alsoFineOn: [],
  },
];

const space: SpaceReport = {
  path: 'demos/hello',
  name: 'hello',
  dir: '/repo/demos/hello',
  profile: loadProfile('h200'),
  findings: findings.map(withWords),
  ignored: 1,
  rules: asked,
  sources: new Map([['requirements.txt', requirements]]),
  visits: [
    {
      name: 'generate',
      askedSeconds: 60,
      declaredSeconds: 60,
      isDefault: true,
      calls: { anonymous: 2, free: 3, pro: 25 },
    },
  ],
  passed: 2,
  assumed: [],
  unchecked: [],
  verdicts: [
    { profile: 'h200', asOf: '2025-11-05', errors: 1, warnings: 1 },
    { profile: 'rtx-pro-6000', asOf: '2026-09-04', errors: 0, warnings: 1 },
  ],
  verdict: { isFailed: true, failing: ['error'] },
};
const clean: SpaceReport = {
  ...space,
  path: '.',
  name: 'clean',
  dir: '/repo',
  findings: [],
  ignored: 0,
  passed: 5,
  verdicts: space.verdicts.map((one) => ({ ...one, errors: 0, warnings: 0 })),
  verdict: { isFailed: false, failing: ['error'] },
};
const report: CheckReport = { spaces: [space], elapsedMs: 38.4, exitCode: 1 };
const options = {
  paint: noPaint,
  ascii: false,
  columns: 80,
  version: '0.1.0',
  repositoryRoot: '/repo',
};

const MOVED_ON =
  'the platform has moved on since 2025-11-05: --platform rtx-pro-6000 (2026-09-04)\n';

describe('text', () => {
  it('shows each line with a caret', () => {
    expect(reporters.text(report, options)).toMatchInlineSnapshot(`
      "zerogpu check  hello · platform h200 (as of 2025-11-05) · 5 rules

      demos/hello/requirements.txt:2:1  error ZG201
        torch 2.3.0 is not supported on h200
        2 │ torch==2.3.0 # 日本語, 100%: x
          │ ^^^^^^^^^^^^ supported: 2.4.0 2.8.0; fine on rtx-pro-6000
        fix: torch==2.4.0                                              safe with --fix

      demos/hello/Read me, "50%": <x>.md  warning ZG113
        "Read me, "50%": <x>.md" is not read: the platform looks for README.md
        try: git mv "Read me, "50%": <x>.md" README.md

      demos/hello/requirements.txt:3:1  info ZG202
        torch takes whatever is newest on the day of the build
        3 │ torch
          │ ^^^^^ today that is 2.8.0 at most

      visitors   anonymous 2 calls/day   free 3   PRO 25        (generate, 60 s each)
      ✗ 1 error, 1 warning, 1 info, 2 passed, 1 ignored in 38 ms
        more: zerogpu explain ZG201
      h200 (2025-11) 1 error, 1 warning · rtx-pro-6000 (2026-09) fits, 1 warning
      the platform has moved on since 2025-11-05: --platform rtx-pro-6000 (2026-09-04)
      "
    `);
  });

  it('fits a narrow terminal, in ASCII', () => {
    const text = reporters.text(report, { ...options, ascii: true, columns: 44 });
    expect(text).toMatchInlineSnapshot(`
      "zerogpu check  hello - platform h200 (as of 2025-11-05) - 5 rules

      demos/hello/requirements.txt:2:1  error ZG201
        torch 2.3.0 is not supported on h200
        2 | torch==2.3.0 # 日本語, 100%: x
          | ^^^^^^^^^^^^ supported: 2.4.0 2.8.0;
          |              fine on rtx-pro-6000
        fix: torch==2.4.0          safe with --fix

      demos/hello/Read me, "50%": <x>.md  warning ZG113
        "Read me, "50%": <x>.md" is not read: the
        platform looks for README.md
        try: git mv "Read me, "50%": <x>.md"
             README.md

      demos/hello/requirements.txt:3:1  info ZG202
        torch takes whatever is newest on the day
        of the build
        3 | torch
          | ^^^^^ today that is 2.8.0 at most

      visitors   (generate, 60 s each)
        anonymous 2 calls/day   free 3   PRO 25
      x 1 error, 1 warning, 1 info, 2 passed, 1 ignored in 38 ms
        more: zerogpu explain ZG201
      h200 (2025-11) 1 error, 1 warning
      rtx-pro-6000 (2026-09) fits, 1 warning
      the platform has moved on since 2025-11-05:
      --platform rtx-pro-6000 (2026-09-04)
      "
    `);
  });

  it.each([40, 60, 80, 120])(
    'has no line wider than %i columns but for names without blanks',
    (columns) => {
      const long = reporters
        .text(report, { ...options, columns })
        .split('\n')
        .filter((line) => line.length > columns)
        .filter((line) => !/^(zerogpu check|[!✗i✓] |demos\/)/.test(line));
      expect(long).toEqual([]);
    },
  );

  it('means the same without colour', () => {
    const painted = reporters.text(report, { ...options, paint: ansiPaint });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colour
    expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(reporters.text(report, options));
  });

  it('is one line for a clean Space, and a sum for several', () => {
    expect(reporters.text({ spaces: [clean], elapsedMs: 31, exitCode: 0 }, options)).toBe(
      `✓ clean fits h200 · 5 rules · 31 ms\nh200 (2025-11) fits · rtx-pro-6000 (2026-09) fits\n${MOVED_ON}`,
    );
    expect(reporters.text({ spaces: [clean, space], elapsedMs: 31, exitCode: 0 }, options)).toMatch(
      /^✓ clean fits h200 · 5 rules\nh200 [^\n]+\n\n[\s\S]*\n\n✗ 2 Spaces: 1 error, 1 warning, 1 info in 31 ms\nthe platform has moved on since 2025-11-05: --platform rtx-pro-6000 \(2026-09-04\)\n$/,
    );
  });
});

it('compact', () => {
  expect(reporters.compact(report, options)).toMatchInlineSnapshot(`
    "demos/hello/requirements.txt:2:1: error ZG201: torch 2.3.0 is not supported on h200 (supported: 2.4.0 2.8.0; fine on rtx-pro-6000)
    demos/hello/Read me, "50%": <x>.md:1:1: warning ZG113: "Read me, "50%": <x>.md" is not read: the platform looks for README.md
    demos/hello/requirements.txt:3:1: info ZG202: torch takes whatever is newest on the day of the build (today that is 2.8.0 at most)
    "
  `);
});

it('github: workflow commands, with what they reserve escaped', () => {
  const text = reporters.github(report, options);
  expect(text).toMatchInlineSnapshot(`
    "::error file=demos/hello/requirements.txt,line=2,endLine=2,col=1,endColumn=13,title=ZG201 torch-unsupported::torch 2.3.0 is not supported on h200%0Asupported: 2.4.0 2.8.0; fine on rtx-pro-6000%0Atorch==2.4.0
    ::warning file=demos/hello/Read me%2C "50%25"%3A <x>.md,title=ZG113 misnamed-file::"Read me, "50%25": <x>.md" is not read: the platform looks for README.md%0Agit mv "Read me, "50%25": <x>.md" README.md
    ::notice file=demos/hello/requirements.txt,line=3,endLine=3,col=1,endColumn=6,title=ZG202 torch-unpinned::torch takes whatever is newest on the day of the build%0Atoday that is 2.8.0 at most
    "
  `);
  // The grammar of the runner: ::command key=value,key=value::data
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^::(error|warning|notice) (\w+=[^,:\r\n]*)(,\w+=[^,:\r\n]*)*::[^\r\n]+$/);
  }
});

it('json', () => {
  const { tool, summary, spaces } = JSON.parse(reporters.json(report, options));
  expect(tool).toEqual({ name: 'zerogpu', version: '0.1.0' });
  expect(summary).toEqual({
    exitCode: 1,
    errors: 1,
    warnings: 1,
    infos: 1,
    advice: 0,
    ignored: 1,
    elapsedMs: 38,
  });
  expect(spaces[0]).toMatchObject({ name: 'hello', path: 'demos/hello', rules: 5, passed: 2 });
  expect(spaces[0].findings[0]).toMatchInlineSnapshot(`
    {
      "alsoFineOn": [
        "rtx-pro-6000",
      ],
      "data": {
        "isNewer": false,
        "nearest": "2.4.0",
        "profile": "h200",
        "specifier": "==2.3.0",
        "supported": [
          "2.4.0",
          "2.8.0",
        ],
      },
      "file": "requirements.txt",
      "fix": {
        "edits": [
          {
            "file": "requirements.txt",
            "newText": "==2.4.0",
            "range": {
              "column": 6,
              "endColumn": 13,
              "endLine": 2,
              "line": 2,
            },
          },
        ],
      },
      "help": "torch==2.4.0",
      "isUnreached": false,
      "message": "torch 2.3.0 is not supported on h200",
      "name": "torch-unsupported",
      "note": "supported: 2.4.0 2.8.0; fine on rtx-pro-6000",
      "path": "demos/hello/requirements.txt",
      "range": {
        "column": 1,
        "endColumn": 13,
        "endLine": 2,
        "line": 2,
      },
      "rule": "ZG201",
      "severity": "error",
    }
  `);
});

it('junit: a case a rule, and failures for what fails', () => {
  expect(reporters.junit(report, options)).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="zerogpu check" tests="5" failures="1" errors="0" time="0.038">
      <testsuite name="hello" tests="5" failures="1" errors="0" skipped="0" time="0.038">
        <testcase classname="zerogpu.check.hello" name="ZG101 readme-front-matter" time="0"/>
        <testcase classname="zerogpu.check.hello" name="ZG102 sdk-not-gradio" time="0"/>
        <testcase classname="zerogpu.check.hello" name="ZG113 misnamed-file" time="0">
          <system-out>demos/hello/Read me, &quot;50%&quot;: &lt;x&gt;.md:1:1: warning: &quot;Read me, &quot;50%&quot;: &lt;x&gt;.md&quot; is not read: the platform looks for README.md; git mv &quot;Read me, &quot;50%&quot;: &lt;x&gt;.md&quot; README.md</system-out>
        </testcase>
        <testcase classname="zerogpu.check.hello" name="ZG201 torch-unsupported" time="0">
          <failure type="error" message="torch 2.3.0 is not supported on h200">demos/hello/requirements.txt:2:1: error: torch 2.3.0 is not supported on h200; supported: 2.4.0 2.8.0; fine on rtx-pro-6000; torch==2.4.0</failure>
        </testcase>
        <testcase classname="zerogpu.check.hello" name="ZG202 torch-unpinned" time="0">
          <system-out>demos/hello/requirements.txt:3:1: info: torch takes whatever is newest on the day of the build; today that is 2.8.0 at most</system-out>
        </testcase>
      </testsuite>
    </testsuites>
    "
  `);
  const strict = { ...space, verdict: { isFailed: true, failing: ['error', 'warning'] as const } };
  expect(reporters.junit({ ...report, spaces: [strict] }, options)).toContain('failures="2"');
});

describe('sarif', () => {
  const validate = new Ajv({ strict: false }).compile(sarifSchema);

  it('keeps to its schema', () => {
    const sarif = JSON.parse(reporters.sarif({ ...report, spaces: [space, clean] }, options));
    expect(validate(sarif) ? [] : validate.errors).toEqual([]);
    sarif.runs[0].results[0].level = 'fatal';
    expect(validate(sarif)).toBe(false);
  });

  it('names lines, fixes and paths from the root of the repository', () => {
    const sarif = JSON.parse(reporters.sarif(report, options));
    const [first, second] = sarif.runs[0].results;
    expect(first).toMatchInlineSnapshot(`
      {
        "fixes": [
          {
            "artifactChanges": [
              {
                "artifactLocation": {
                  "uri": "demos/hello/requirements.txt",
                  "uriBaseId": "ROOT",
                },
                "replacements": [
                  {
                    "deletedRegion": {
                      "endColumn": 13,
                      "endLine": 2,
                      "startColumn": 6,
                      "startLine": 2,
                    },
                    "insertedContent": {
                      "text": "==2.4.0",
                    },
                  },
                ],
              },
            ],
          },
        ],
        "level": "error",
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "demos/hello/requirements.txt",
                "uriBaseId": "ROOT",
              },
              "region": {
                "endColumn": 13,
                "endLine": 2,
                "startColumn": 1,
                "startLine": 2,
              },
            },
          },
        ],
        "message": {
          "text": "torch 2.3.0 is not supported on h200
      supported: 2.4.0 2.8.0; fine on rtx-pro-6000
      torch==2.4.0",
        },
        "ruleId": "ZG201",
        "ruleIndex": 3,
      }
    `);
    expect(second.locations[0].physicalLocation).toEqual({
      artifactLocation: {
        uri: 'demos/hello/Read%20me,%20%2250%25%22:%20%3Cx%3E.md',
        uriBaseId: 'ROOT',
      },
    });
    expect(first.ruleId).toBe(sarif.runs[0].tool.driver.rules[first.ruleIndex].id);
  });
});
