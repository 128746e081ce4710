import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HubParts } from '../../../src/hub/index.js';
import { createHub, type Hub, type HubSettings, Token } from '../../../src/hub/index.js';

/** A request as the stub has seen it. */
export interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
}

export interface StubHub {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** What is answered from now on. */
  answer(how: (request: IncomingMessage, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

export const SECRET = 'hf_abcdefghijklmnop';

/** Answers JSON. */
export function json(
  content: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(content));
  };
}

export async function startStub(): Promise<StubHub> {
  const seen: Seen[] = [];
  let how = json({ error: 'nothing here' }, 404);
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? '', authorization: request.headers.authorization });
    how(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    answer(next) {
      how = next;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

export const settingsFor = (url: string, changes: Partial<HubSettings> = {}): HubSettings => ({
  endpoint: url,
  token: new Token(SECRET),
  offline: false,
  cacheDir: '/nonexistent',
  ...changes,
});

/** A hub that tries once and waits little, unless told else. */
export function hubAt(
  url: string,
  changes: Partial<HubSettings> = {},
  parts: Partial<HubParts> = {},
): Hub {
  return createHub({
    settings: settingsFor(url, changes),
    limits: { withinMs: 10_000, mostBytes: 100_000, tries: 1 },
    ...parts,
  });
}

export const QUOTA = {
  base: 1_500,
  current: 940.5,
  resetsAt: '2026-11-25T08:00:00.000Z',
  overquotaUsed: 12,
  runs: { used: 3, limit: 10, remaining: 7, resetsAt: null },
  somethingNew: true,
};
