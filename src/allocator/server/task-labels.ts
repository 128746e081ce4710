import { askTaskName } from './task-names.js';

/** The app answers within milliseconds, unless its interpreter is busy; the log waits this long. */
const ANSWER_WITHIN_MS = 3_000;

/** An app that could not tell is left alone for so long. */
const ASK_AGAIN_AFTER_MS = 2_000;

/**
 * Names of a run's GPU functions for people: `generate`, or `task 1` where the app can't tell.
 * Each id is asked for until it was told, not more often than every two seconds.
 */
export function createTaskLabels(
  socketPath: string,
  askAgainAfterMs = ASK_AGAIN_AFTER_MS,
): (taskId: string) => Promise<string> {
  const labels = new Map<string, Promise<string>>();
  return (taskId) => {
    const known = labels.get(taskId);
    if (known) return known;
    const fallback = `task ${labels.size + 1}`;
    const label = askTaskName(socketPath, taskId, ANSWER_WITHIN_MS).then((info) => {
      if (!info) setTimeout(() => labels.delete(taskId), askAgainAfterMs).unref();
      return info?.name ?? fallback;
    });
    labels.set(taskId, label);
    return label;
  };
}
