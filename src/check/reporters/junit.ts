import {
  type ReportedFinding,
  type ReportedRule,
  type SpaceReport,
  shownPath,
  wordsFor,
} from '../report.js';
import type { Reporter } from './reporter.js';

/**
 * JUnit XML as test reporters read it: a suite a Space, a case a rule. What fails the run is a failure;
 * the rest is said in the case's output.
 */
export const reportJunit: Reporter = ({ spaces, elapsedMs }) => {
  const seconds = (elapsedMs / 1000).toFixed(3);
  const suites = spaces.map((space) => ({ space, cases: space.rules.map(caseOf(space)) }));
  const all = suites.flatMap(({ cases }) => cases);
  const failures = all.filter(({ isFailure }) => isFailure).length;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="zerogpu check" tests="${all.length}" failures="${failures}" errors="0" time="${seconds}">`,
    ...suites.flatMap(({ space, cases }) => [
      `  <testsuite name="${escapeXml(space.name)}" tests="${cases.length}" failures="${cases.filter(({ isFailure }) => isFailure).length}" errors="0" skipped="0" time="${seconds}">`,
      ...cases.map(({ xml }) => xml),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
};

function caseOf(space: SpaceReport) {
  return (rule: ReportedRule) => {
    const found = space.findings.filter((finding) => finding.rule === rule.id);
    const name = `${rule.id} ${rule.name}`;
    const head = `    <testcase classname="${escapeXml(`zerogpu.check.${space.name}`)}" name="${escapeXml(name)}" time="0"`;
    if (found.length === 0) return { isFailure: false, xml: `${head}/>` };
    const failing = found.filter((finding) => space.verdict.failing.includes(finding.severity));
    const said = found.filter((finding) => !failing.includes(finding));
    const first = failing[0];
    const body = [
      ...(first
        ? [
            `      <failure type="${first.severity}" message="${escapeXml(wordsFor(first).message)}">${escapeXml(failing.map(lineOf(space)).join('\n'))}</failure>`,
          ]
        : []),
      ...(said.length > 0
        ? [`      <system-out>${escapeXml(said.map(lineOf(space)).join('\n'))}</system-out>`]
        : []),
    ];
    return {
      isFailure: first !== undefined,
      xml: [`${head}>`, ...body, '    </testcase>'].join('\n'),
    };
  };
}

function lineOf(space: SpaceReport) {
  return (finding: ReportedFinding): string => {
    const { line, column } = finding.range ?? { line: 1, column: 1 };
    const { message, note, help } = wordsFor(finding);
    const what = [message, note, help].filter(Boolean).join('; ');
    return `${shownPath(space, finding.file)}:${line}:${column}: ${finding.severity}: ${what}`;
  };
}

/** XML 1.0 has no place for control characters, escaped or not. */
function escapeXml(text: string): string {
  const allowed = [...text].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
    return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
  });
  return allowed
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
