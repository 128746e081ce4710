/** Reads a cluster again and again, and holds what its viewer has chosen. No React here. */
import type { ClusterSnapshot } from '../../allocator/client/cluster-snapshot.js';
import type { Clock, Timer } from '../../shared/clock.js';
import type { Key } from '../press.js';
import { type ClusterScene, type ClusterUi, initialClusterUi, pressInCluster } from './ui-state.js';
import type { StoreProblem } from './view-model.js';

/** Reads once; fails while the store can't be reached. */
export type ReadCluster = () => Promise<ClusterSnapshot>;

export interface ClusterViewState {
  readonly ui: ClusterUi;
  readonly cluster: ClusterSnapshot;
  readonly problem: StoreProblem;
  /** How many readings have come. */
  readonly frame: number;
}

export interface ClusterController {
  state(): ClusterViewState;
  subscribe(listener: () => void): () => void;
  press(key: Key, scene: ClusterScene): void;
  close(): void;
}

export interface ClusterControllerOptions {
  readonly first: ClusterSnapshot;
  readonly read: ReadCluster;
  readonly rateSeconds: number;
  readonly clock: Pick<Clock, 'after'>;
  readonly quit: () => void;
}

export function createClusterController(options: ClusterControllerOptions): ClusterController {
  const { first, read, rateSeconds, clock, quit } = options;
  const listeners = new Set<() => void>();
  let state: ClusterViewState = {
    ...{ ui: initialClusterUi(rateSeconds), cluster: first, problem: null, frame: 0 },
  };
  let timer: Timer | null = null;
  let isReading = false;
  let isClosed = false;

  function set(next: Partial<ClusterViewState>): void {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  }

  function readAfter(seconds: number): void {
    timer?.cancel();
    timer = isClosed || state.ui.paused ? null : clock.after(seconds * 1_000, () => void readNow());
  }

  async function readNow(): Promise<void> {
    if (isReading) return;
    isReading = true;
    const next = await read().then(
      (cluster) => ({ cluster, problem: null }),
      (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
    );
    isReading = false;
    // A screen that was paused meanwhile stands still.
    if (!isClosed && !state.ui.paused) set({ ...next, frame: state.frame + 1 });
    readAfter(state.ui.rateSeconds);
  }

  readAfter(rateSeconds);
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    press(key, scene) {
      const before = state.ui;
      const { ui, quits } = pressInCluster(before, key, scene);
      if (ui !== before) set({ ui });
      if (quits) return quit();
      if (ui.paused !== before.paused) readAfter(0);
      else if (ui.rateSeconds !== before.rateSeconds) readAfter(ui.rateSeconds);
    },
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
