/** Comments that silence what is found today: `--add-ignore`. */
import type { Writable } from 'node:stream';
import { filesInFolder, type SourceText, type SpaceFiles } from '../../space/index.js';
import { decodeSource } from '../../space/text.js';
import { checkSpace } from '../check-space.js';
import type { SpaceFolder } from '../folders.js';
import type { Finding, RuleId } from '../rule.js';
import type { CheckSettings } from '../settings.js';
import type { FixedFile } from './apply.js';
import { encode, writeFixes } from './write.js';

interface IgnoreJob {
  readonly folder: SpaceFolder;
  readonly settings: CheckSettings;
}

/** Files that know `#` as the begin of a comment. */
const COMMENTED = /\.py$|(?:^|\/)[\w-]*requirements[\w-]*\.txt$/;

/** Adds a comment to each line with findings, where that silences them and changes nothing else. */
export async function addIgnores(
  jobs: readonly IgnoreJob[],
  world: { readonly stderr: Writable },
): Promise<void> {
  for (const { folder, settings } of jobs) {
    const files = filesInFolder(folder.dir);
    const { findings, sources } = await checkSpace(folder.name, files, settings);
    let count = 0;
    for (const [file, found] of byFile(findings)) {
      const before = sources.get(file);
      const fixed = before && COMMENTED.test(file) ? silenced(file, before, found) : null;
      const isSound =
        fixed !== null && (await silences(fixed, findings, files, { folder, settings }));
      const left = isSound ? await writeFixes(folder.dir, [fixed]) : [];
      if (isSound && left.length === 0) count += found.length;
      else reportLeft(file, found, left[0]?.why ?? "a comment can't silence it there", world);
    }
    if (count > 0)
      world.stderr.write(`ignored ${count} finding${count === 1 ? '' : 's'} in ${folder.path}\n`);
  }
}

function reportLeft(
  file: string,
  found: readonly Finding[],
  why: string,
  { stderr }: { readonly stderr: Writable },
): void {
  const rules = [...new Set(found.map(({ rule }) => rule))].join(', ');
  stderr.write(`not ignored: ${rules} in ${file} (${why})\n`);
}

function byFile(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const files = new Map<string, Finding[]>();
  for (const finding of findings)
    files.set(finding.file, [...(files.get(finding.file) ?? []), finding]);
  return files;
}

function silenced(file: string, before: SourceText, found: readonly Finding[]): FixedFile | null {
  const rules = new Map<number, Set<RuleId>>();
  for (const { rule, range } of found) {
    if (!range || !before.isExact) return null;
    rules.set(range.line, (rules.get(range.line) ?? new Set()).add(rule));
  }
  const parts = before.text.split(/(\r\n|\n|\r)/);
  for (const [line, ids] of rules) {
    const index = (line - 1) * 2;
    parts[index] = `${parts[index] ?? ''}  # zerogpu: ignore ${[...ids].sort().join(', ')}`;
  }
  return { file, before, after: parts.join('') };
}

/** Whether the findings of the file are gone with the comments, and no others have come. */
async function silences(
  { file, before, after }: FixedFile,
  findings: readonly Finding[],
  files: SpaceFiles,
  { folder, settings }: IgnoreJob,
): Promise<boolean> {
  const source = decodeSource(encode(before, after));
  const changed: SpaceFiles = {
    list: () => files.list(),
    read: async (path) => (path === file ? { kind: 'text', source } : files.read(path)),
  };
  const now = await checkSpace(folder.name, changed, settings);
  const left = findings.filter((one) => one.file !== file).length;
  return now.findings.every((one) => one.file !== file) && now.findings.length <= left;
}
