import { createTaskLabels } from './task-labels.js';

/** A task id is an address in the app's memory: it says nothing to people. */
const NAMELESS = 'function ?';

/** Names of the GPU functions of every Space, asked of their apps once and then known. */
export interface SpaceLabels {
  /** Where the Space's app answers; without one its functions go by number. */
  setSocket(space: string, socketPath: string): void;
  /** The name as soon as the app has told it; never rejects. */
  ask(space: string, taskId: string): Promise<string>;
  /** The name if it is known by now, else a stand-in; the app is asked meanwhile. */
  now(space: string, taskId: string): string;
  forget(space: string): void;
}

export function createSpaceLabels(): SpaceLabels {
  const asking = new Map<string, (taskId: string) => Promise<string>>();
  const told = new Map<string, Map<string, string>>();

  async function ask(space: string, taskId: string): Promise<string> {
    const before = told.get(space)?.get(taskId);
    if (before !== undefined) return before;
    const label = await asking.get(space)?.(taskId);
    if (label === undefined) return NAMELESS;
    const known = told.get(space) ?? new Map<string, string>();
    told.set(space, known.set(taskId, label));
    return label;
  }
  return {
    setSocket(space, socketPath) {
      asking.set(space, createTaskLabels(socketPath));
    },
    ask,
    now(space, taskId) {
      const known = told.get(space)?.get(taskId);
      if (known === undefined) void ask(space, taskId);
      return known ?? NAMELESS;
    },
    forget(space) {
      asking.delete(space);
      told.delete(space);
    },
  };
}
