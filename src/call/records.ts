/** Listens to the allocator while an endpoint is called. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, controlSecret } from '../allocator/client/index.js';
import { systemClock } from '../shared/clock.js';
import { areOver, type GpuCall, parseRecord, withRecord } from './gpu-calls.js';

/** What the allocator may take to let us listen, milliseconds. */
const CONNECT_WITHIN_MS = 3_000;
/** What the last records may take after the answer, milliseconds. */
const LAST_RECORDS_MS = 2_000;
const LOOK_EVERY_MS = 20;
/** A call that needs no GPU has no record: so long is waited for one, milliseconds. */
const FIRST_RECORD_MS = 150;

export interface CallListener {
  readonly calls: () => readonly GpuCall[];
  /** Resolves when every call has ended, or does not within two seconds. */
  allReceived(): Promise<void>;
  close(): void;
}

/** What is listened for: GPU calls of one Space by one client. */
export interface ListenedFor {
  readonly allocatorUrl: string;
  readonly stateDir: string;
  /** What the allocator calls the Space. */
  readonly space: string;
  /** What the client calls itself: the same visitor may call in another terminal meanwhile. */
  readonly client: string;
}

/** @returns null when the allocator does not answer: the call itself can do without it */
export async function listenToCalls(options: ListenedFor): Promise<CallListener | null> {
  const client = connect(options.allocatorUrl, controlSecret(options.stateDir));
  let calls: readonly GpuCall[] = [];
  let onConnected: (is: boolean) => void = () => {};
  const connected = new Promise<boolean>((resolve) => {
    onConnected = resolve;
  });
  const stream = client.records({
    record(data) {
      const record = parseRecord(data);
      const isMeant = record?.space === options.space && record.visitor.client === options.client;
      if (record && isMeant) calls = withRecord(calls, record);
    },
    connected: () => onConnected(true),
    disconnected: () => onConnected(false),
  });
  const close = () => {
    stream.close();
    client.close();
  };
  const isConnected = await Promise.race([
    connected,
    sleep(CONNECT_WITHIN_MS, false, { ref: false }),
  ]);
  if (!isConnected) {
    close();
    return null;
  }
  return {
    calls: () => calls,
    async allReceived() {
      const now = () => systemClock.now().monotonicMs;
      const startedMs = now();
      while (now() - startedMs < LAST_RECORDS_MS) {
        const isQuiet = calls.length > 0 || now() - startedMs >= FIRST_RECORD_MS;
        if (isQuiet && areOver(calls)) return;
        await sleep(LOOK_EVERY_MS);
      }
    },
    close,
  };
}
