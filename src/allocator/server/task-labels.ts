import { askTaskName } from './task-names.js';

/** The app answers within milliseconds, unless its interpreter is busy; the log waits this long. */
const ANSWER_WITHIN_MS = 3_000;

/**
 * Names of a run's GPU functions for people: `generate`, or `task 1` where the app can't tell.
 * Each id is asked for until it was told.
 */
export function createTaskLabels(socketPath: string): (taskId: string) => Promise<string> {
  const labels = new Map<string, Promise<string>>();
  return (taskId) => {
    const known = labels.get(taskId);
    if (known) return known;
    const fallback = `task ${labels.size + 1}`;
    const label = askTaskName(socketPath, taskId, ANSWER_WITHIN_MS).then((info) => {
      if (!info) labels.delete(taskId);
      return info?.name ?? fallback;
    });
    labels.set(taskId, label);
    return label;
  };
}
