import { askAllTaskNames, askTaskName, readTaskNames } from './task-names.js';

/** The app answers within milliseconds, unless its interpreter is busy; the log waits this long. */
const ANSWER_WITHIN_MS = 3_000;

/** An app that could not tell is left alone for so long. */
const ASK_AGAIN_AFTER_MS = 2_000;

/** Whether a label is a number in place of a name; no function has such a name. */
export const isStandIn = (label: string) => /^task \d+$/.test(label);

/** Names of a run's GPU functions for people. */
export interface TaskLabels {
  /** `generate`, or `task 1` where the app can't tell; never rejects. */
  labelOf(taskId: string): Promise<string>;
  /**
   * Learns the names of all functions that are decorated by now, in place of those of an earlier start.
   *
   * @returns how many there are; null when the app gave no answer
   */
  learn(): Promise<number | null>;
}

/**
 * Reads the list that the app at `socketPath` keeps of its functions. What is not on it is asked for by its id until its
 * name is known, not more often than every two seconds; all names are learned when the app reports its start.
 */
export function createTaskLabels(
  socketPath: string,
  askAgainAfterMs = ASK_AGAIN_AFTER_MS,
): TaskLabels {
  const labels = new Map<string, Promise<string>>();
  const find = async (taskId: string) =>
    (await readTaskNames(socketPath)).get(taskId) ??
    (await askTaskName(socketPath, taskId, ANSWER_WITHIN_MS));
  return {
    labelOf(taskId) {
      const known = labels.get(taskId);
      if (known) return known;
      const fallback = `task ${labels.size + 1}`;
      const label = find(taskId).then((info) => {
        if (!info) setTimeout(() => labels.delete(taskId), askAgainAfterMs).unref();
        return info?.name ?? fallback;
      });
      labels.set(taskId, label);
      return label;
    },
    async learn() {
      const all = await askAllTaskNames(socketPath, ANSWER_WITHIN_MS);
      if (all === null) return null;
      for (const [taskId, { name }] of all) labels.set(taskId, Promise.resolve(name));
      return all.size;
    },
  };
}
