import { readdirSync, readFileSync } from 'node:fs';

/**
 * Living processes that carry the mark of a run: its folder in their environment.
 *
 * @param runDir the folder of a run, or the start of its path
 */
export function processesOf(runDir: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const state = /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        if (state === 'Z' || state === 'X') return false;
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`ZEROGPU_RUN_DIR=${runDir}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}
