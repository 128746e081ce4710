import type { GpuSize } from '../../platform/tiers.js';
import { createTaskLabels, isStandIn, type TaskLabels } from './task-labels.js';
import { askDefaultSize } from './task-names.js';

/** How long the app may take to say it; it waits for the answer to its report meanwhile. */
const ANSWER_MS = 2_000;

/** A task id is an address in the app's memory: it says nothing to people. */
const NAMELESS = 'function ?';

/** Names of the GPU functions of every Space, asked of their apps once and then known. */
export interface SpaceLabels {
  /** Where the Space's app answers; without one its functions are numbered. */
  setSocket(space: string, socketPath: string): void;
  /** The name as soon as the app has reported it; never rejects. */
  ask(space: string, taskId: string): Promise<string>;
  /** Asks the Space's app for all its names at once; never rejects. */
  learn(space: string): Promise<void>;
  /** The name if it is known by now, else a stand-in; the app is asked meanwhile. */
  now(space: string, taskId: string): string;
  /** The size of the Space's calls that name none, as its app has it; `large` without an answer. */
  defaultSize(space: string): Promise<GpuSize>;
  forget(space: string): void;
}

export function createSpaceLabels(): SpaceLabels {
  const sockets = new Map<string, string>();
  const asking = new Map<string, TaskLabels>();
  const told = new Map<string, Map<string, string>>();

  async function ask(space: string, taskId: string): Promise<string> {
    const before = told.get(space)?.get(taskId);
    if (before !== undefined) return before;
    const label = await asking.get(space)?.labelOf(taskId);
    if (label === undefined) return NAMELESS;
    // An app that was too busy to tell is asked again, or tells all names when it reports its start.
    if (isStandIn(label)) return label;
    const known = told.get(space) ?? new Map<string, string>();
    told.set(space, known.set(taskId, label));
    return label;
  }
  return {
    setSocket(space, socketPath) {
      asking.set(space, createTaskLabels(socketPath));
      sockets.set(space, socketPath);
    },
    ask,
    async learn(space) {
      await asking.get(space)?.learn();
    },
    now(space, taskId) {
      const known = told.get(space)?.get(taskId);
      if (known === undefined) void ask(space, taskId);
      return known ?? NAMELESS;
    },
    async defaultSize(space) {
      const socket = sockets.get(space);
      return (socket && (await askDefaultSize(socket, ANSWER_MS))) || 'large';
    },
    forget(space) {
      sockets.delete(space);
      asking.delete(space);
      told.delete(space);
    },
  };
}
