/** Holds what the viewer has chosen, beside the feed: keys come in, actions go out. No React here. */
import type { ControlClient } from '../allocator/client/port.js';
import type { Snapshot } from '../allocator/client/snapshot.js';
import type { AccountFeed } from './account/feed.js';
import type { AccountState } from './account/panel.js';
import type { Feed, FeedState } from './feed.js';
import { doneText, type Key, press, type Scene } from './press.js';
import { type Action, initialUi, type UiState } from './ui-state.js';

export interface ViewState {
  readonly ui: UiState;
  readonly feed: FeedState;
  /** What is shown: the last snapshot, or that of the moment of the pause. */
  readonly snapshot: Snapshot | null;
  /** Null without `--account`. */
  readonly account: AccountState | null;
}

export interface Controller {
  state(): ViewState;
  subscribe(listener: () => void): () => void;
  press(key: Key, scene: Scene): void;
}

/** @param account null without `--account` */
export function createController(
  feed: Feed,
  rateSeconds: number,
  quit: () => void,
  account: AccountFeed | null = null,
): Controller {
  const listeners = new Set<() => void>();
  let state: ViewState = {
    ui: initialUi(rateSeconds),
    feed: feed.state(),
    snapshot: feed.state().snapshot,
    account: accountNow(),
  };

  function accountNow(): AccountState | null {
    return account && { view: account.view(), problem: account.problem() };
  }

  function set(next: Partial<ViewState>): void {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  }

  feed.subscribe(() => {
    const now = feed.state();
    // A paused screen stands still, but for news of the connection.
    const same = state.ui.paused && now.link.phase === state.feed.link.phase;
    if (same && state.snapshot !== null) return;
    const accountShown = state.ui.paused ? state.account : accountNow();
    set({
      feed: now,
      snapshot: state.ui.paused ? state.snapshot : now.snapshot,
      account: accountShown,
    });
  });
  account?.subscribe(() => {
    if (!state.ui.paused) set({ account: accountNow() });
  });

  function act(action: Action): void {
    const say = (text: string, bad: boolean) => set({ ui: { ...state.ui, notice: { text, bad } } });
    perform(feed.client(), action).then(
      () => say(doneText(action), false),
      (error: unknown) => say(error instanceof Error ? error.message : String(error), true),
    );
  }

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    press(key, scene) {
      const { ui, effect } = press(state.ui, key, scene);
      const resumed = state.ui.paused && !ui.paused;
      set({ ui, ...(resumed ? { feed: feed.state(), snapshot: feed.state().snapshot } : {}) });
      switch (effect?.kind) {
        case 'quit':
          return quit();
        case 'rate':
          return feed.setRate(effect.seconds);
        case 'act':
          return act(effect.action);
        case 'account':
          return account?.refresh();
      }
    },
  };
}

function perform(client: ControlClient, action: Action): Promise<void> {
  switch (action.kind) {
    case 'kill':
      return client.kill(action.call);
    case 'release':
      return client.release(action.call);
    case 'reset':
      return client.resetQuota(action.visitor);
    case 'tier':
      return client.setTier(action.visitor, action.tier);
    case 'advance':
      return client.advance(action.seconds);
  }
}
