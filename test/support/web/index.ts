/** The real console in front of an allocator that the test plays. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { HostClient, WatchHandlers } from '../../../src/allocator/client/index.js';
import type { Snapshot, SnapshotVisitor } from '../../../src/allocator/client/snapshot.js';
import { systemClock } from '../../../src/shared/clock.js';
import type { Facts, SpaceAddress } from '../../../src/web/model/messages.js';
import { linkTo } from '../../../src/web/server/keys.js';
import { type PageFile, pageFiles } from '../../../src/web/server/pages.js';
import { startWebConsole, type WebConsole } from '../../../src/web/server/server.js';

export const SECRET = '5'.repeat(64);

export const FACTS: Facts = {
  version: '0.1.0',
  kind: 'run',
  tiers: ['anonymous', 'free', 'pro'],
  defaultVisitor: 'free:ada',
  faultKinds: [
    { kind: 'no-gpu', text: '503, no GPU available' },
    { kind: 'kill', text: 'the worker is killed while it runs' },
  ],
};

/** An allocator that is not there. */
export interface PlayedAllocator {
  readonly client: HostClient;
  /** Commands, in order: `kill 17`. */
  readonly asked: readonly string[];
  record(record: object): void;
  snapshot(snapshot: Snapshot): void;
  drop(why: string): void;
  /** How many read its records now. */
  readonly readers: number;
}

export function playAllocator(first: Snapshot, visitor: (key: string) => SnapshotVisitor) {
  const asked: string[] = [];
  const watchers = new Set<WatchHandlers>();
  const records = new Set<Parameters<HostClient['records']>[0]>();
  const past: object[] = [];
  let now = first;
  const command =
    (name: string) =>
    async (...args: readonly unknown[]) =>
      void asked.push([name, ...args].join(' '));
  const client = {
    watch(_every: number, _limits: object, handlers: WatchHandlers) {
      watchers.add(handlers);
      queueMicrotask(() => {
        handlers.connected();
        handlers.snapshot(now);
      });
      return { close: () => void watchers.delete(handlers) };
    },
    records(handlers: Parameters<HostClient['records']>[0]) {
      records.add(handlers);
      queueMicrotask(() => {
        handlers.connected();
        handlers.history?.(JSON.stringify(past));
      });
      return { close: () => void records.delete(handlers) };
    },
    addresses: async () => [],
    visitor: async (key: string) => visitor(key),
    advance: command('advance'),
    setFaults: command('faults'),
    kill: command('kill'),
    release: command('release'),
    resetQuota: command('reset'),
    close: () => {},
  } as unknown as HostClient;
  const played: PlayedAllocator = {
    client,
    asked,
    record(record) {
      past.push(record);
      for (const { record: take } of records) take(JSON.stringify(record));
    },
    snapshot(next) {
      now = next;
      for (const { snapshot } of watchers) snapshot(next);
    },
    get readers() {
      return records.size;
    },
    drop(why) {
      for (const { disconnected } of [...watchers, ...records]) disconnected(why);
    },
  };
  return played;
}

/** Script and styles as the build makes them. */
export async function buildPage(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = resolve(import.meta.dirname, '../../../src/web/page');
  const { outputFiles } = await build({
    entryPoints: [resolve(folder, 'main.tsx')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    tsconfig: resolve(folder, 'tsconfig.json'),
    outdir: '/',
    write: false,
  });
  const textOf = (ending: string) =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return pageFiles(textOf('.js'), textOf('.css'));
}

/** Starts the console at any port. */
export function startConsole(
  client: HostClient,
  files: ReadonlyMap<string, PageFile> = pageFiles('', ''),
  space: SpaceAddress | null = { name: 'local/demo', url: 'http://127.0.0.1:7860' },
  facts: Facts = FACTS,
): Promise<WebConsole> {
  return startWebConsole({
    ...{ client, secret: SECRET, facts, space, files, port: 0 },
    clock: systemClock,
  });
}

export const newLink = ({ url }: WebConsole, ageMs = 0): string =>
  linkTo(url, SECRET, systemClock.now().wallMs - ageMs);

export interface ConsoleAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request, with the headers as they are: `fetch` would not send a Host. */
export function askConsole(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | null = null,
): Promise<ConsoleAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: body === null ? 'GET' : 'POST', headers, agent: false });
    sent.once('error', reject);
    sent.once('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        text += part;
        // A stream does not end: its first message is enough.
        if (answer.headers['content-type']?.startsWith('text/event-stream')) answer.destroy();
      });
      answer.once('close', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
      );
    });
    sent.end(body ?? undefined);
  });
}

/** A record of the control stream. */
export function aRecord(call: number, event: string, fields: object = {}): object {
  return {
    ...{ call, event, space: 's1', taskId: '1', function: 'generate', askedSeconds: 60 },
    ...{ size: 'large', visitor: { key: 'free:ada', tier: 'free', hasToken: true } },
    at: systemClock.now(),
    ...fields,
  };
}

export const ENDED = {
  ...{ end: 'released', gpuUsed: true, usedSeconds: 7.9, chargedSeconds: 7.9, creditSeconds: 0 },
  ...{ peakVramBytes: 5_100_000_000, leftBeforeSeconds: 210, leftAfterSeconds: 202 },
};
