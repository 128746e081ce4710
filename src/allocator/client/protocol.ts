/**
 * The control API as one table: the server's routes, the client's requests, the table in docs/control-api.md and
 * docs/schema/control-api.json are made from it. A parameter or a field of an answer may be added within
 * version 1; nothing is renamed or removed.
 */
import * as z from 'zod';
import { OWNER_KINDS, STARTUP_KEY, TIERS } from '../../platform/tiers.js';
import { isSpaceId } from '../../shared/space-id.js';
import { snapshotSchema, visitorSchema } from './snapshot.js';

/** One request. Parameters travel in the path and the query: the API has no bodies. */
export interface Endpoint<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST';
  /** `/control/v1/calls/:call/kill`: the server decodes what stands in the place of `:call`. */
  readonly path: string;
  readonly params: Params;
  readonly query: Query;
  /** The body of an answer with status 200; `z.null()` for none (204), a stream or plain text. */
  readonly answer: Answer;
  /** False for the one request that needs no secret. */
  readonly isSecret: boolean;
  /** One line for the docs, in Markdown. */
  readonly says: string;
  /** The query of the docs' example. */
  readonly example?: string;
}

type Spec<P extends z.ZodObject, Q extends z.ZodObject, A extends z.ZodType> = Partial<
  Omit<Endpoint<P, Q, A>, 'says'>
> & { readonly says: string };

/** Records of calls that an allocator keeps for readers that come later. */
export const MOST_REPLAYED = 4_000;

const NOTHING = z.object({});

function endpoint(method: 'GET' | 'POST') {
  return <
    P extends z.ZodObject = typeof NOTHING,
    Q extends z.ZodObject = typeof NOTHING,
    A extends z.ZodType = z.ZodNull,
  >(
    path: string,
    spec: Spec<P, Q, A>,
  ): Endpoint<P, Q, A> => ({
    params: NOTHING as unknown as P,
    query: NOTHING as unknown as Q,
    answer: z.null() as unknown as A,
    isSecret: true,
    ...spec,
    method,
    path: path.startsWith('/') ? path : `/control/v1/${path}`,
  });
}
const get = endpoint('GET');
const post = endpoint('POST');

const number = () => z.coerce.number<number>();
const count = number().int().min(0).max(5_000).default(100);
/** How much of the long lists a snapshot carries. */
const sizeQuery = z.object({ queue: count, visitors: count });
const callParams = z.object({ call: number().int().positive() });
const visitorParams = z.object({
  visitor: z
    .string()
    .min(1)
    .max(200)
    .refine((key) => key !== STARTUP_KEY, `${STARTUP_KEY} is not a visitor: it has no quota`),
});
const YEAR_SECONDS = 366 * 86_400;
const spaceId = z.string().min(1).max(256);
const spaceQuery = z.object({ id: spaceId });
const pid = number().int().min(2);
const startTime = number().min(0);
const device = z.object({
  /** What a Space has to find in its environment. */
  environment: z.record(z.string(), z.string()),
  pythonPath: z.array(z.string()),
});

export const CONTROL = {
  hello: get('hello', {
    query: z.object({ nonce: z.string().regex(/^[0-9a-f]{32}$/) }),
    answer: z.object({ instance: z.string(), proof: z.string() }),
    isSecret: false,
    says: 'proves that this allocator knows the secret of the state folder',
    example: 'nonce=…',
  }),
  snapshot: get('snapshot', {
    query: sizeQuery,
    answer: snapshotSchema,
    says: 'GPUs, leases with countdown, queue with positions, reasons and waits, quotas, the last minute',
    example: 'queue=100&visitors=100',
  }),
  stream: get('stream', {
    query: sizeQuery.extend({
      every: number().min(0.1).max(3_600).default(1),
      /** `only`: every record and no snapshot, for a run that follows its own calls. */
      records: z.enum(['none', 'only', 'too']).default('none'),
      /** So many of the newest records come first, as a list in one event, `history`. */
      replay: number().int().min(0).max(MOST_REPLAYED).default(0),
    }),
    says: `the same as server-sent events: \`snapshot\` every so many seconds, \`record\` for each change of a call, and first \`history\`, the newest \`replay\` records (at most ${MOST_REPLAYED})`,
    example: 'every=1&records=too',
  }),
  kill: post('calls/:call/kill', {
    params: callParams,
    says: 'sends SIGKILL to the worker of a running call',
  }),
  release: post('calls/:call/release', {
    params: callParams,
    says: 'takes a call that has not begun out of the queue, or ends its grant',
  }),
  advance: post('time/advance', {
    query: z.object({ seconds: number().min(0).max(YEAR_SECONDS) }),
    says: 'moves quota time forward; running calls keep their deadlines',
    example: 'seconds=3600',
  }),
  faults: post('faults', {
    query: z.object({ spec: z.string().max(1_000) }),
    says: 'replaces the [faults](faults.md) of calls from now on, counted from 1 again; empty for none',
    example: 'spec=no-gpu@1',
  }),
  visitor: get('visitors/:visitor', {
    params: visitorParams,
    query: z.object({ tier: z.enum(TIERS) }),
    /** `speed` is how many times faster than the clock quota time passes. */
    answer: visitorSchema.extend({ speed: z.number() }),
    says: 'the quota of one visitor, who need not have called; `speed` is how many times faster quota time passes',
    example: 'tier=free',
  }),
  setTier: post('visitors/:visitor/tier', {
    params: visitorParams,
    query: z.object({ tier: z.enum([...TIERS, 'own']) }),
    says: 'gives a visitor another tier of the platform; `own` is the one they come with',
    example: 'tier=pro',
  }),
  setUse: post('visitors/:visitor/use', {
    params: visitorParams,
    query: z.object({
      tier: z.enum(TIERS),
      used: number().min(0).max(1e9),
      runs: number().int().min(0).max(1e9),
      resetsIn: number().min(0).max(YEAR_SECONDS).optional(),
    }),
    says: 'sets what a visitor has used: seconds, runs, and the seconds until the window ends (left out: no window is open)',
    example: 'tier=pro&used=560&runs=3&resetsIn=7200',
  }),
  setCredits: post('visitors/:visitor/credits', {
    params: visitorParams,
    query: z.object({ seconds: number().min(0).max(1e9) }),
    says: 'sets the prepaid seconds that a visitor has left',
    example: 'seconds=600',
  }),
  reset: post('visitors/:visitor/reset', {
    params: visitorParams,
    says: 'gives a visitor the full quota and all runs again',
  }),
  register: post('spaces', {
    query: z.object({
      id: spaceId,
      name: z.string().min(1).max(100),
      owner: z.string().min(1).max(100),
      ownerKind: z.enum(OWNER_KINDS),
      tasksSocket: z.string().min(1).max(4_096).optional(),
      pid: pid.optional(),
      startTime: startTime.optional(),
    }),
    answer: device,
    says: 'a Space joins; the answer is the environment of the device it runs on, or 403 `hosting-limit`; on a node of a cluster also 409 `space-elsewhere`, 409 `node-drained` or 503 `cluster-unreachable`',
    example: 'id=…&name=…&owner=…&ownerKind=free',
  }),
  started: post('spaces/started', {
    query: spaceQuery.extend({ pid, startTime }),
    says: 'the app of a Space has started as this process',
    example: 'id=…&pid=…&startTime=…',
  }),
  reported: get('spaces/reported', {
    query: spaceQuery,
    answer: z.object({ reported: z.boolean() }),
    says: 'whether the app of a Space has reported its start',
    example: 'id=…',
  }),
  address: post('spaces/address', {
    query: z.object({
      id: spaceId,
      spaceId: z.string().refine(isSpaceId),
      url: z.url({ protocol: /^http$/ }),
    }),
    says: 'says where visitors reach a Space',
    example: 'id=…&spaceId=owner/name&url=…',
  }),
  addresses: get('spaces/addresses', {
    answer: z.object({
      addresses: z.array(z.object({ spaceId: z.string(), url: z.string() })),
    }),
    says: 'where visitors reach each Space, by its name on the Hub',
  }),
  relay: post('spaces/relay', {
    query: z.object({ id: spaceId, key: z.string().regex(/^[\w-]{16,64}$/) }),
    says: 'what follows on this connection comes from the app of this Space, below the path `/KEY`',
    example: 'id=…&key=…',
  }),
  stops: post('spaces/stops', {
    query: spaceQuery.extend({
      processes: z
        .string()
        .max(4_096)
        .regex(/^(all|(\d+:\d+(,\d+:\d+)*)?)$/),
    }),
    says: 'what a debugger has stopped in a Space now, as `pid:startTime`, comma-separated, or `all`: deadline and charge of these calls wait',
    example: 'id=…&processes=4242:1234567',
  }),
  told: post('spaces/told', {
    query: spaceQuery.extend({
      visitor: z.string().min(1).max(200),
      message: z.string().min(1).max(2_000),
    }),
    says: 'what the client of a visitor of a Space shows, for the console of `serve`',
    example: 'id=…&visitor=free:ada&message=…',
  }),
  gone: post('spaces/gone', {
    query: spaceQuery,
    says: 'a Space leaves: its calls end and are charged before the answer comes',
    example: 'id=…',
  }),
  metrics: get('/metrics', {
    says: 'counters and gauges for Prometheus (`authorization.credentials_file`)',
  }),
} as const;

/** zod's type of an object without fields refuses any: it must not when it is joined with another. */
type Fields<T> = T extends Record<string, never> ? unknown : T;

/** What a caller passes: parameters of the path and the query; those with a default may be left out. */
export type Asked<E> =
  E extends Endpoint<infer P, infer Q, z.ZodType> ? Fields<z.input<P>> & Fields<z.input<Q>> : never;

/** What the server gets: parsed, defaults filled in. */
export type Received<E> =
  E extends Endpoint<infer P, infer Q, z.ZodType>
    ? Fields<z.output<P>> & Fields<z.output<Q>>
    : never;

/** What comes back: null for an answer without a body. */
export type Answered<E> =
  E extends Endpoint<z.ZodObject, z.ZodObject, infer A> ? z.output<A> : never;

/**
 * @param asked values of the path's `:name` parts and of the query; undefined ones are left out
 * @returns path and query of the request
 */
export function pathOf<E extends Endpoint>(endpoint: E, asked: Asked<E>): string {
  const values = new Map<string, unknown>(Object.entries(asked as Record<string, unknown>));
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(values.get(name));
    values.delete(name);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of values) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query}`;
}
