/** The typed client of the control API: `connect`, and everything that is needed to find one. */
import type { OwnerKind, Tier } from '../../platform/tiers.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { type EventHandlers, followEvents, type ServerEvent } from './event-source.js';
import { greet } from './greeting.js';
import { ask } from './http.js';
import type { ControlClient, SnapshotLimits, WatchHandlers } from './port.js';
import {
  type Answered,
  type Asked,
  CONTROL,
  type Endpoint,
  MOST_REPLAYED,
  pathOf,
} from './protocol.js';
import { spaceRefused } from './space-refused.js';

const ANSWER_WITHIN_MS = 10_000;
const NOWHERE = 'no allocator runs';

/** A Space that joins an allocator of another process. */
export interface JoiningSpace {
  readonly id: string;
  readonly name: string;
  readonly owner: { readonly name: string; readonly kind: OwnerKind };
  readonly tasksSocket: string;
  /** Null before its app has started. */
  readonly root: { readonly pid: number; readonly startTime: number } | null;
}

/** How much of a window is used; `resetsInSeconds` is null while none is open. */
export interface VisitorUse {
  readonly usedSeconds: number;
  readonly runs: number;
  readonly resetsInSeconds: number | null;
}

/** Processes that a debugger has stopped; `all` while the app itself is stopped. */
export type DebugStops = 'all' | readonly { readonly pid: number; readonly startTime: number }[];

export type VisitorAnswer = Answered<typeof CONTROL.visitor>;

/** The control API as a host of Spaces needs it; everybody else gets a `ControlClient`. */
export interface HostClient extends ControlClient {
  /**
   * @returns the environment and PYTHONPATH of the device that the Space is to run on
   * @throws UserError E_HOSTING_LIMIT, E_ALLOCATOR_GONE
   */
  register(space: JoiningSpace): Promise<{
    readonly environment: Readonly<Record<string, string>>;
    readonly pythonPath: readonly string[];
  }>;
  started(id: string, root: { readonly pid: number; readonly startTime: number }): Promise<void>;
  gone(id: string): Promise<void>;
  /** Whether its app has reported its start: it has a GPU function, and the package has seen the launch. */
  reported(id: string): Promise<boolean>;
  /** Says where visitors reach a Space that runs here, for whoever asks for it as `owner/name`. */
  address(id: string, spaceId: string, url: string): Promise<void>;
  addresses(): Promise<readonly { readonly spaceId: string; readonly url: string }[]>;
  /** What a debugger has stopped in a Space now, all of it; `all` while the app itself is stopped. */
  stops(id: string, stopped: DebugStops): Promise<void>;
  /** What a visitor of a Space reads, in the package's own words; 2,000 characters at most. */
  told(id: string, visitor: string, message: string): Promise<void>;
  /** The visitor's quota stands so from now on. */
  setUse(key: string, tier: Tier, use: VisitorUse): Promise<void>;
  /** So many prepaid seconds are left to the visitor from now on. */
  setCredits(key: string, seconds: number): Promise<void>;
  /** One visitor's quota, also of one who was never seen, and how fast quota time passes. */
  visitor(key: string, tier: Tier): Promise<VisitorAnswer>;
  /**
   * Every record of every call from now on, as text; reconnects like `watch`.
   *
   * @param handlers with `history`, the newest records come first on each connection, as one JSON list
   */
  records(handlers: {
    record(data: string): void;
    history?(data: string): void;
    connected(): void;
    disconnected(why: string): void;
  }): { close(): void };
}

/** Where an allocator answers: one that is started again may do so elsewhere. Null while there is none. */
export type Where = () => string | null;

/**
 * @param where its address, or what names it at the time of each request
 * @param secret of the state folder that the allocator belongs to
 */
export function connect(where: string | Where, secret: string): HostClient {
  const open = new Set<{ close(): void }>();
  const address = typeof where === 'string' ? () => where : where;
  const signed = (url: string) => greet(url, secret, ANSWER_WITHIN_MS);

  /** @throws UserError E_ALLOCATOR_GONE, E_ALLOCATOR_REFUSED, E_HOSTING_LIMIT */
  async function request<E extends Endpoint>(endpoint: E, asked: Asked<E>): Promise<Answered<E>> {
    const url = address();
    if (url === null) throw gone(NOWHERE, null);
    const { method } = endpoint;
    const target = new URL(pathOf(endpoint, asked), url);
    const answer = await signed(url)
      .then((headers) => ask(target, { method, headers }, ANSWER_WITHIN_MS))
      .catch((error: unknown) => {
        throw gone(`no allocator answers at ${url}`, error);
      });
    const body = parseJson(answer.text);
    if (answer.status < 200 || answer.status > 299) {
      throw refused(target.pathname.replace('/control/v1/', ''), answer.status, body);
    }
    return understood(endpoint, body);
  }
  async function attempt(path: string) {
    const url = address();
    if (url === null) throw new Error(NOWHERE);
    return { url: new URL(path, url), headers: await signed(url) };
  }
  function follow(path: string, handlers: EventHandlers): { close(): void } {
    const stream = followEvents(() => attempt(path), handlers);
    open.add(stream);
    return {
      close() {
        open.delete(stream);
        stream.close();
      },
    };
  }
  return {
    snapshot: (limits = {}) => request(CONTROL.snapshot, { ...limits }),
    watch(everySeconds: number, limits: SnapshotLimits, handlers: WatchHandlers) {
      return follow(pathOf(CONTROL.stream, { every: everySeconds, ...limits }), {
        connected: handlers.connected,
        disconnected: handlers.disconnected,
        event({ type, data }: ServerEvent) {
          if (type !== 'snapshot') return;
          handlers.snapshot(understood(CONTROL.snapshot, JSON.parse(data)));
        },
      });
    },
    records: (handlers) =>
      follow(
        pathOf(CONTROL.stream, {
          records: 'only',
          replay: handlers.history ? MOST_REPLAYED : undefined,
        }),
        {
          connected: handlers.connected,
          disconnected: handlers.disconnected,
          event({ type, data }: ServerEvent) {
            if (type === 'record') handlers.record(data);
            if (type === 'history') handlers.history?.(data);
          },
        },
      ),
    kill: async (call) => void (await request(CONTROL.kill, { call })),
    release: async (call) => void (await request(CONTROL.release, { call })),
    advance: async (seconds) => void (await request(CONTROL.advance, { seconds })),
    setFaults: async (spec) => void (await request(CONTROL.faults, { spec })),
    setTier: async (visitor, tier) =>
      void (await request(CONTROL.setTier, { visitor, tier: tier ?? 'own' })),
    setUse: async (visitor, tier, { usedSeconds: used, runs, resetsInSeconds }) =>
      void (await request(CONTROL.setUse, {
        ...{ visitor, tier, used, runs },
        resetsIn: resetsInSeconds ?? undefined,
      })),
    setCredits: async (visitor, seconds) =>
      void (await request(CONTROL.setCredits, { visitor, seconds })),
    resetQuota: async (visitor) => void (await request(CONTROL.reset, { visitor })),
    register: ({ id, name, owner, tasksSocket, root }) =>
      request(CONTROL.register, {
        ...{ id, name, owner: owner.name, ownerKind: owner.kind, tasksSocket },
        ...root,
      }),
    started: async (id, root) => void (await request(CONTROL.started, { id, ...root })),
    gone: async (id) => void (await request(CONTROL.gone, { id })),
    stops: async (id, stopped) =>
      void (await request(CONTROL.stops, {
        id,
        processes:
          stopped === 'all'
            ? stopped
            : stopped.map(({ pid, startTime }) => `${pid}:${startTime}`).join(','),
      })),
    told: async (id, visitor, message) =>
      void (await request(CONTROL.told, { id, visitor, message })),
    reported: async (id) => (await request(CONTROL.reported, { id })).reported,
    address: async (id, spaceId, url) =>
      void (await request(CONTROL.address, { id, spaceId, url })),
    addresses: async () => (await request(CONTROL.addresses, {})).addresses,
    visitor: (visitor, tier) => request(CONTROL.visitor, { visitor, tier }),
    close() {
      for (const stream of open) stream.close();
      open.clear();
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @throws UserError E_ALLOCATOR_REFUSED for a body that this version does not know */
function understood<E extends Endpoint>(endpoint: E, body: unknown): Answered<E> {
  const parsed = endpoint.answer.safeParse(body);
  if (parsed.success) return parsed.data as Answered<E>;
  throw new UserError('E_ALLOCATOR_REFUSED', 'the allocator speaks another version', {
    why: `This zerogpu does not understand its answer to ${endpoint.method} ${endpoint.path}.`,
    fix: 'start both with the same zerogpu',
    exitCode: EXIT.cannot,
  });
}

function gone(message: string, cause: unknown): UserError {
  return new UserError('E_ALLOCATOR_GONE', message, {
    why: 'It has ended, or it hangs.',
    fix: 'zerogpu run   (or: zerogpu serve)',
    exitCode: EXIT.cannot,
    cause,
  });
}

function refused(path: string, status: number, body: unknown): UserError {
  const known = spaceRefused(body);
  if (known) return known;
  const { detail } = (body ?? {}) as Record<string, unknown>;
  return new UserError('E_ALLOCATOR_REFUSED', `${path}: ${detail ?? `HTTP ${status}`}`, {
    why: `The allocator answered ${status}.`,
    exitCode: EXIT.cannot,
  });
}
