/** A control client without an allocator: the test says what comes, and reads what was asked for. */
import type { ControlClient, WatchHandlers } from '../../../src/allocator/client/port.js';
import type { Snapshot } from '../../../src/allocator/client/snapshot.js';

export interface FakeClient extends ControlClient {
  /** To everybody who watches. */
  send(snapshot: Snapshot): void;
  drop(why: string): void;
  /** Commands and rates, in order: `kill 17`, `watch 1`. */
  readonly asked: readonly string[];
  /** The next command fails with this. */
  failWith(message: string): void;
  readonly watchers: number;
  readonly closed: boolean;
}

export function fakeClient(now: Snapshot): FakeClient {
  const asked: string[] = [];
  const watchers = new Set<WatchHandlers>();
  let failure: string | null = null;
  let closed = false;

  async function command(text: string): Promise<void> {
    asked.push(text);
    const message = failure;
    failure = null;
    if (message !== null) throw new Error(message);
  }
  return {
    asked,
    get watchers() {
      return watchers.size;
    },
    get closed() {
      return closed;
    },
    failWith(message) {
      failure = message;
    },
    send(snapshot) {
      for (const handlers of watchers) {
        handlers.connected();
        handlers.snapshot(snapshot);
      }
    },
    drop(why) {
      for (const handlers of watchers) handlers.disconnected(why);
    },
    snapshot: async () => now,
    watch(everySeconds, _limits, handlers) {
      asked.push(`watch ${everySeconds}`);
      watchers.add(handlers);
      queueMicrotask(() => {
        if (!watchers.has(handlers)) return;
        handlers.connected();
        handlers.snapshot(now);
      });
      return { close: () => void watchers.delete(handlers) };
    },
    kill: (call) => command(`kill ${call}`),
    release: (call) => command(`release ${call}`),
    advance: (seconds) => command(`advance ${seconds}`),
    setFaults: (spec) => command(`faults ${spec}`),
    setTier: (visitor, tier) => command(`tier ${visitor} ${tier}`),
    resetQuota: (visitor) => command(`reset ${visitor}`),
    close() {
      closed = true;
      watchers.clear();
    },
  };
}
