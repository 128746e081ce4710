/**
 * What the GPU functions of a Space took on a real GPU: written at the end of a run, read by the editor.
 * Seconds of the emulated GPU say nothing of the platform, so they are not kept.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { makeFolder } from './make-folder.js';
import { writeWhole } from './whole-files.js';

const schema = z.object({
  version: z.literal(1),
  /** The device for people, such as `NVIDIA H200`. */
  gpu: z.string(),
  /** ISO 8601. */
  at: z.string(),
  functions: z.array(
    z.object({
      /** Qualified: `Painter.draw`. */
      name: z.string(),
      calls: z.number(),
      p95Seconds: z.number(),
      killed: z.number(),
      /** What the measured seconds suggest to declare; null when calls were killed. */
      suggestedSeconds: z.number().nullable(),
    }),
  ),
});

export type Measured = z.infer<typeof schema>;
export type MeasuredFunction = Measured['functions'][number];

/** Null when nothing was measured, or the file can't be read: it is a comfort, and no more. */
export async function readMeasured(file: string): Promise<Measured | null> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Keeps what was measured; functions that the run did not call keep what an earlier one measured. */
export async function writeMeasured(file: string, measured: Measured): Promise<void> {
  const before = await readMeasured(file);
  const isSameGpu = before?.gpu === measured.gpu;
  const names = new Set(measured.functions.map(({ name }) => name));
  const kept = isSameGpu ? before.functions.filter(({ name }) => !names.has(name)) : [];
  const text = JSON.stringify({ ...measured, functions: [...kept, ...measured.functions] });
  makeFolder(dirname(file), 0o700);
  await writeWhole(file, `${text}\n`);
}
