import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json, type StubHub, startStub } from './stub.js';

export const SHA = 'a'.repeat(40);

/** Git's name of a file's content. */
export const gitId = (text: string) =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A Space as the stub has it. */
export interface StubSpace {
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  /** Those of the files that are in large file storage, on another host. */
  readonly large?: readonly string[];
  /** Entries of the listing that replace or join those of `files`. */
  readonly entries?: readonly object[];
  /** Branches and tags; `main` by default. */
  readonly revisions?: readonly string[];
  readonly runtime?: object;
  /** Whose token it is, and what is left of that account. */
  readonly account?: { readonly who: object; readonly quota: object };
  /** Only this token sees it. */
  readonly privateTo?: string;
  /** What a token with write access reads. */
  readonly variables?: Readonly<Record<string, object>>;
  readonly secrets?: Readonly<Record<string, object>>;
}

export interface RepositoryHub {
  readonly url: string;
  readonly hub: StubHub;
  /** Where large files lie. */
  readonly store: StubHub;
  /** Serves another Space, or the same one changed, from now on. */
  serve(space: StubSpace): void;
  close(): Promise<void>;
}

/** A Hub with one Space, and the host of its large files. */
export async function startRepository(first: StubSpace): Promise<RepositoryHub> {
  const [hub, store] = await Promise.all([startStub(), startStub()]);
  const repository: RepositoryHub = {
    url: hub.url,
    hub,
    store,
    serve(space) {
      hub.answer((request, response) => answer(space, store.url, request, response));
      store.answer((request, response) => {
        const name = decodeURIComponent((request.url ?? '').slice(1));
        response.end(space.files[name] ?? '');
      });
    },
    close: async () => void (await Promise.all([hub.close(), store.close()])),
  };
  repository.serve(first);
  return repository;
}

function answer(
  space: StubSpace,
  storeUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): unknown {
  const { id, files, large = [], revisions = ['main'] } = space;
  const reply = (content: unknown, status = 200) => json(content, status)(request, response);
  const path = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname);
  const token = request.headers.authorization?.replace('Bearer ', '');
  const below = (prefix: string) => (path.startsWith(prefix) ? path.slice(prefix.length) : null);
  if (space.privateTo !== undefined && token !== space.privateTo) {
    return reply({ error: 'Repository not found' }, token ? 404 : 401);
  }
  if (path === '/api/whoami-v2') return reply(space.account?.who);
  if (path === '/api/spaces/zero-gpu/quota') return reply(space.account?.quota);
  const runtime = space.runtime ?? { stage: 'RUNNING', hardware: { current: 'zero-a10g' } };
  const revision = below(`/api/spaces/${id}/revision/`);
  if (revision !== null) {
    const isKnown = revision === SHA || revisions.includes(revision);
    return isKnown ? reply({ id, sha: SHA, runtime }) : reply({ error: 'Invalid rev' }, 404);
  }
  if (path === `/api/spaces/${id}`) return reply({ id, sha: SHA, runtime });
  if (path === `/api/spaces/${id}/runtime`) return reply(runtime);
  for (const kind of ['variables', 'secrets'] as const) {
    if (path !== `/api/spaces/${id}/${kind}`) continue;
    const told = space[kind];
    return told ? reply(told) : reply({ error: 'Forbidden' }, 403);
  }
  if (path === `/api/spaces/${id}/tree/${SHA}`) {
    const entries = new Map<unknown, object>();
    for (const [name, text] of Object.entries(files))
      entries.set(name, entryOf(name, text, large.includes(name)));
    for (const entry of space.entries ?? []) entries.set((entry as { path?: unknown }).path, entry);
    return reply([...entries.values()]);
  }
  const name = below(`/spaces/${id}/resolve/${SHA}/`);
  const text = name === null ? undefined : files[name];
  if (name === null || text === undefined) return reply({ error: 'Entry not found' }, 404);
  if (!large.includes(name)) return void response.end(text);
  response.writeHead(302, { location: `${storeUrl}/${encodeURIComponent(name)}` }).end();
}

/** A file's line in the listing. */
export function entryOf(path: string, text: string, isLarge = false): object {
  const size = Buffer.byteLength(text);
  if (!isLarge) return { type: 'file', path, size, oid: gitId(text) };
  const lfs = { oid: sha256(text), size, pointerSize: 130 };
  return { type: 'file', path, size, oid: gitId('pointer'), lfs };
}
