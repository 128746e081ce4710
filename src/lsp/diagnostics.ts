/** Findings as diagnostics of the protocol. */
import { type Diagnostic, DiagnosticSeverity, DiagnosticTag } from 'vscode-languageserver-protocol';
import type { Finding, Severity } from '../check/rule.js';
import { withWords } from '../check/words.js';
import { CONFIG_FILE } from '../config/file-name.js';
import { rangeFrom } from './places.js';
import type { Checked } from './space-check.js';

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
  advice: DiagnosticSeverity.Hint,
};

/** The diagnostics of each file that has some, by its path in the Space. */
export function diagnosticsOf(checked: Checked): ReadonlyMap<string, readonly Diagnostic[]> {
  if (checked.kind === 'problem') {
    const { message, why, code } = checked.error;
    const text = [message, why].filter(Boolean).join('\n');
    const one = { range: rangeFrom(null), severity: DiagnosticSeverity.Error, source: 'zerogpu' };
    return new Map([[CONFIG_FILE, [{ ...one, code, message: text }]]]);
  }
  const files = new Map<string, Diagnostic[]>();
  for (const finding of checked.space.findings) {
    const list = files.get(finding.file) ?? [];
    list.push(diagnosticOf(finding));
    files.set(finding.file, list);
  }
  return files;
}

function diagnosticOf(finding: Finding): Diagnostic {
  const { message, note, help } = withWords(finding).words;
  return {
    range: rangeFrom(finding.range),
    severity: SEVERITIES[finding.severity],
    code: finding.rule,
    source: 'zerogpu',
    message: [message, note, help].filter(Boolean).join('\n'),
    ...(finding.isUnreached ? { tags: [DiagnosticTag.Unnecessary] } : {}),
  };
}
