/**
 * The second check of an unchanged Space. An answer is kept with digests of everything that was read for
 * it: the listing of each folder, each file, and the user's settings. It is given again only when reading
 * all of that again comes to the same digests.
 */
import { readFile, stat } from 'node:fs/promises';
import { userSettingsFile } from '../../config/user-settings.js';
import { filesInFolder, type SourceText } from '../../space/files.js';
import type { Look } from '../look.js';
import { measuredFileOf } from '../measured-of.js';
import type { CheckReport, SpaceReport } from '../report.js';
import { type AskedWorld, answerKey, digestOf, type Environment } from './key.js';
import { type FolderRecord, listingDigest, readingDigest } from './record.js';
import { readAnswer, touchAnswer, writeAnswer } from './store.js';

type KeptSpace = Omit<SpaceReport, 'sources'>;

interface Answer {
  /** Digest of the user's settings file. */
  readonly settings: string;
  readonly look: Look;
  readonly exitCode: number;
  readonly spaces: readonly KeptAnswer[];
}

interface KeptAnswer {
  readonly report: KeptSpace;
  readonly record: FolderRecord;
  /** Digest of what a run measured of the Space. */
  readonly measured: string;
}

export interface KeptReport {
  readonly report: Omit<CheckReport, 'elapsedMs'>;
  readonly look: Look;
}

/** The kept answer to this command, if it is still right. */
export async function recallReport(
  world: AskedWorld,
  build: string | null,
): Promise<KeptReport | null> {
  const key = answerKey(world, build);
  const answer = key === null ? null : ((await readAnswer(world.env, key)) as Answer | null);
  if (key === null || answer === null) return null;
  if (answer.settings !== (await settingsDigest(world.env))) return null;
  const spaces: SpaceReport[] = [];
  for (const { report, record, measured } of answer.spaces) {
    if (measured !== (await measuredDigest(report, world.env))) return null;
    const sources = await unchangedSources(report, record);
    if (sources === null) return null;
    spaces.push({ ...report, sources });
  }
  await touchAnswer(world.env, key, new Date());
  return { report: { spaces, exitCode: answer.exitCode }, look: answer.look };
}

/** Keeps the answer to this command. */
export async function rememberReport(
  world: AskedWorld,
  build: string | null,
  { spaces, exitCode }: CheckReport,
  records: readonly FolderRecord[],
  look: Look,
): Promise<void> {
  const key = answerKey(world, build);
  if (key === null) return;
  const kept: KeptAnswer[] = [];
  for (const [index, { sources: _sources, ...report }] of spaces.entries()) {
    const record = records[index];
    if (!record) return;
    const rules = report.rules.map(({ id, name }) => ({ id, name }));
    const measured = await measuredDigest(report, world.env);
    kept.push({ report: { ...report, rules }, record, measured });
  }
  const settings = await settingsDigest(world.env);
  const answer: Answer = { settings, look, exitCode, spaces: kept };
  await writeAnswer(world.env, key, answer);
}

/** Texts of the files with findings, when nothing that was read has changed; null otherwise. */
async function unchangedSources(
  { dir, findings }: KeptSpace,
  { listing, reads }: FolderRecord,
): Promise<ReadonlyMap<string, SourceText> | null> {
  if (dir === null || !(await isFolder(dir))) return null;
  const files = filesInFolder(dir);
  if (listing !== null && listingDigest(await files.list()) !== listing) return null;
  const shown = new Set(findings.map(({ file }) => file));
  const sources = new Map<string, SourceText>();
  const same = await Promise.all(
    reads.map(async ([path, digest]) => {
      const reading = await files.read(path);
      if (reading.kind === 'text' && shown.has(path)) sources.set(path, reading.source);
      return readingDigest(reading) === digest;
    }),
  );
  return same.every(Boolean) ? sources : null;
}

async function isFolder(dir: string): Promise<boolean> {
  return stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function settingsDigest(env: Environment): Promise<string> {
  return fileDigest(userSettingsFile(env));
}

async function measuredDigest({ dir }: KeptSpace, env: Environment): Promise<string> {
  return dir === null ? 'absent' : fileDigest(measuredFileOf(dir, env));
}

async function fileDigest(file: string): Promise<string> {
  // A pipe in its place would be read for ever; whoever reads the settings says so.
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return found ? 'not a file' : 'absent';
  return readFile(file, 'utf8').then(digestOf, (error: NodeJS.ErrnoException) =>
    String(error.code),
  );
}
