/**
 * Findings that were there before. A file holds them by rule, file and the text of the line, so that
 * lines above may come and go; each entry accepts one finding, and what has none is new.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { EXIT, UserError } from '../shared/errors.js';
import type { SourceText } from '../space/index.js';
import { type SpaceReport, shownPath } from './report.js';
import type { Finding } from './rule.js';

const schema = z.object({
  version: z.literal(1),
  findings: z.array(z.object({ rule: z.string(), file: z.string(), line: z.string() })),
});

type Entry = z.infer<typeof schema>['findings'][number];

export interface Baseline {
  /** The findings of the Space at this path that are not in it; of those that are alike, the last. */
  newOf(
    space: Pick<SpaceReport, 'path'>,
    findings: readonly Finding[],
    sources: Sources,
  ): readonly Finding[];
}

type Sources = ReadonlyMap<string, SourceText>;

/**
 * @returns null when there is no such file: it is written after the check
 * @throws UserError E_CONFIG_INVALID for one that can't be read
 */
export async function readBaseline(file: string, cwd: string): Promise<Baseline | null> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(file, error);
  }
  try {
    return baselineOf(schema.parse(JSON.parse(text)).findings);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function baselineOf(entries: readonly Entry[]): Baseline {
  const accepted = new Map<string, number>();
  for (const key of entries.map(keyOf)) accepted.set(key, (accepted.get(key) ?? 0) + 1);
  return {
    newOf(space, findings, sources) {
      const left = new Map(accepted);
      return findings.filter((finding) => {
        const key = keyOf(entryOf(space, finding, sources));
        const count = left.get(key) ?? 0;
        left.set(key, count - 1);
        return count <= 0;
      });
    },
  };
}

/** Writes what was found as the findings that are accepted from now on. */
export async function writeBaseline(
  file: string,
  cwd: string,
  spaces: readonly SpaceReport[],
): Promise<number> {
  const findings = spaces.flatMap((space) =>
    space.findings.map((finding) => entryOf(space, finding, space.sources)),
  );
  const text = `${JSON.stringify({ version: 1, findings }, null, 2)}\n`;
  try {
    await writeFile(resolve(cwd, file), text);
  } catch (error) {
    throw new UserError('E_CHECK_OUTPUT', `the baseline can't be written to ${file}`, {
      why: error instanceof Error ? error.message : String(error),
      fix: '--baseline FILE   (in a folder that can be written to)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
  return findings.length;
}

function entryOf(
  space: Pick<SpaceReport, 'path'>,
  { rule, file, range }: Finding,
  sources: Sources,
): Entry {
  const line = range ? (sources.get(file)?.lines[range.line - 1] ?? '').trim() : '';
  return { rule, file: shownPath(space, file), line };
}

function keyOf({ rule, file, line }: Entry): string {
  return JSON.stringify([rule, file, line]);
}

function unreadable(file: string, cause: unknown): UserError {
  return new UserError('E_CONFIG_INVALID', `the baseline ${file} can't be read`, {
    why: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
    fix: `rm ${file}   (the next check with --baseline writes it again)`,
    cause,
  });
}
