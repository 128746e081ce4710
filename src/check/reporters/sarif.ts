import { pathToFileURL } from 'node:url';
import { type ReportedFinding, type ReportedRule, type SpaceReport, wordsFor } from '../report.js';
import type { Finding, Severity } from '../rule.js';
import { pathFrom } from './github.js';
import type { Reporter } from './reporter.js';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
  advice: 'note',
};

/** SARIF 2.1.0, for code scanning. Paths are relative to the root of the repository. */
export const reportSarif: Reporter = ({ spaces, exitCode }, { version, repositoryRoot }) => {
  const rules = [
    ...new Map(spaces.flatMap((space) => space.rules.map((rule) => [rule.id, rule]))).values(),
  ];
  const report = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'zerogpu',
            version,
            semanticVersion: version,
            rules: rules.map(descriptor),
          },
        },
        invocations: [{ executionSuccessful: exitCode <= 1, exitCode }],
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: {
          ROOT: { uri: `${pathToFileURL(repositoryRoot).href.replace(/\/+$/, '')}/` },
        },
        results: spaces.flatMap((space) =>
          space.findings.map((finding) => result(space, finding, rules, repositoryRoot)),
        ),
      },
    ],
  };
  return `${JSON.stringify(report, null, 2)}\n`;
};

function descriptor({ id, name, summary, severity, docs }: ReportedRule) {
  return {
    id,
    name: name.replaceAll(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase()),
    shortDescription: { text: summary ?? name },
    fullDescription: { text: docs?.why ?? name },
    help: { text: docs?.instead ?? name, markdown: docs?.instead ?? name },
    defaultConfiguration: { level: LEVELS[severity ?? 'warning'] },
  };
}

function result(
  space: SpaceReport,
  finding: ReportedFinding,
  rules: readonly ReportedRule[],
  root: string,
) {
  const { message, note, help } = wordsFor(finding);
  const uri = encodeURI(pathFrom(root, space, finding.file));
  const artifactLocation = { uri, uriBaseId: 'ROOT' };
  return {
    ruleId: finding.rule,
    ruleIndex: rules.findIndex(({ id }) => id === finding.rule),
    level: LEVELS[finding.severity],
    message: { text: [message, note, help].filter(Boolean).join('\n') },
    locations: [
      {
        physicalLocation: {
          artifactLocation,
          ...(finding.range && { region: regionOf(finding.range) }),
        },
      },
    ],
    ...(finding.fix && {
      fixes: [{ artifactChanges: changesOf(space, finding, root) }],
    }),
  };
}

function changesOf(space: SpaceReport, { fix }: Finding, root: string) {
  const files = new Map<string, { deletedRegion: object; insertedContent: { text: string } }[]>();
  for (const { file, range, newText } of fix?.edits ?? []) {
    const replacements = files.get(file) ?? [];
    replacements.push({ deletedRegion: regionOf(range), insertedContent: { text: newText } });
    files.set(file, replacements);
  }
  return [...files].map(([file, replacements]) => ({
    artifactLocation: { uri: encodeURI(pathFrom(root, space, file)), uriBaseId: 'ROOT' },
    replacements,
  }));
}

function regionOf({ line, column, endLine, endColumn }: NonNullable<Finding['range']>) {
  return { startLine: line, startColumn: column, endLine, endColumn };
}
