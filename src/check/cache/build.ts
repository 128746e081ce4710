/** Written by the build: a digest of the sources. Absent when run from the sources themselves. */
declare const ZEROGPU_BUILD: string | undefined;

/** Which build this is; null when run from the sources, where answers are not kept. */
export const BUILD: string | null = typeof ZEROGPU_BUILD === 'string' ? ZEROGPU_BUILD : null;
