/**
 * Where a pid means something. State and caches are files, which other machines (a home on NFS) and
 * containers may share: a pid that they have written names another process here, or none.
 */
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import * as z from 'zod';

/** In files that name a process; files of older versions lack both. */
export const processPlaceFields = {
  host: z.string().optional(),
  /** As the kernel names it: `pid:[4026531836]`. Empty where it can't say. */
  pidNamespace: z.string().optional(),
};

const processPlaceSchema = z.object(processPlaceFields);
export type ProcessPlace = z.infer<typeof processPlaceSchema>;

/** The place of this process. */
export function thisPlace(): Required<ProcessPlace> {
  return { host: hostname(), pidNamespace: pidNamespace() };
}

/** Whether a pid that was written there can be looked up here. */
export function isThisPlace({ host, pidNamespace }: ProcessPlace): boolean {
  const here = thisPlace();
  return (
    (host ?? here.host) === here.host && (pidNamespace ?? here.pidNamespace) === here.pidNamespace
  );
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
