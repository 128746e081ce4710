/** A Space that writes its own Python files while it starts would restart for ever. */

/** So many starts in a row in which a file changed: then the Space itself writes it. */
export const MOST_STARTS = 10;

export interface OwnWrites {
  /** Files that have changed. @returns those that count */
  changed(files: readonly string[], isStarting: boolean): readonly string[];
  /** The app has come up, or not: whoever saves in every start has stopped doing so. */
  startIsOver(): void;
}

/** @param onIgnored a file that is passed over from now on */
export function createOwnWrites(onIgnored: (file: string) => void): OwnWrites {
  const ignored = new Set<string>();
  /** By file: starts in a row in which it changed. */
  let inStarts = new Map<string, number>();
  let sinceStart = new Set<string>();
  return {
    changed(files, isStarting) {
      if (!isStarting) return files.filter((file) => !ignored.has(file));
      for (const file of files) {
        sinceStart.add(file);
        inStarts.set(file, (inStarts.get(file) ?? 0) + 1);
        if (ignored.has(file) || (inStarts.get(file) ?? 0) < MOST_STARTS) continue;
        ignored.add(file);
        onIgnored(file);
      }
      return files.filter((file) => !ignored.has(file));
    },
    startIsOver() {
      inStarts = new Map([...inStarts].filter(([file]) => sinceStart.has(file)));
      sinceStart = new Set();
    },
  };
}
