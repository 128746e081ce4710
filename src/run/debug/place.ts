/** Where a thread stands that a debugger has stopped. */
import { basename } from 'node:path';
import * as z from 'zod';
import type { DapPeer } from './dap.js';

const traceSchema = z.object({
  stackFrames: z
    .array(
      z.object({
        name: z.string(),
        line: z.int(),
        source: z.object({ path: z.string().optional() }).optional(),
      }),
    )
    .min(1),
});

/** @returns `app.py:14 (double)`; null where it does not say */
export async function placeOf(peer: DapPeer, threadId: unknown): Promise<string | null> {
  try {
    const trace = traceSchema.parse(await peer.request('stackTrace', { threadId, levels: 1 }));
    const [top] = trace.stackFrames;
    return top?.source?.path === undefined ? null : placeText(top.source.path, top.line, top.name);
  } catch {
    return null;
  }
}

/** `app.py:14 (double)`. */
export function placeText(file: string, line: number, name: string): string {
  return `${basename(file)}:${line} (${name})`;
}
