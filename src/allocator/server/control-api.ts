import * as z from 'zod';
import { tiersOf } from '../../platform/tier-facts.js';
import { OWNER_KINDS, STARTUP_KEY, TIERS } from '../../platform/tiers.js';
import type { Clock } from '../../shared/clock.js';
import { isSpaceId } from '../../shared/space-id.js';
import { helloProof } from '../client/greeting.js';
import { isBearer, isSigned } from '../client/secret.js';
import type { AllocatorEvent, CallRecord } from '../core/types.js';
import { createEventStreams } from './control-streams.js';
import type { AllocatorDriver } from './driver.js';
import type { Guard, Handler, HttpApi, Reply } from './http.js';
import type { Metrics } from './metrics.js';
import { type SnapshotSize, type SnapshotSources, takeSnapshot, visitorView } from './snapshot.js';
import type { SpaceLabels } from './space-labels.js';

/** What the control API needs of its host. */
export interface ControlApiPorts {
  readonly clock: Clock;
  readonly driver: AllocatorDriver;
  readonly secret: string;
  readonly newId: () => string;
  readonly sources: () => SnapshotSources;
  readonly labels: SpaceLabels;
  readonly metrics: Metrics;
  /** What a Space has to find in its environment for this host's device, and on its PYTHONPATH. */
  readonly device: () => {
    readonly environment: Readonly<Record<string, string>>;
    readonly pythonPath: readonly string[];
  };
}

export interface ControlApi {
  record(record: CallRecord): void;
  close(): void;
}

const helloQuery = z.object({ nonce: z.string().regex(/^[0-9a-f]{32}$/) });
const count = z.coerce.number().int().min(0).max(5_000).default(100);
const sizeQuery = z.object({ queue: count, visitors: count });
const streamQuery = sizeQuery.extend({
  every: z.coerce.number().min(0.1).max(3_600).default(1),
  /** `only`: every record and no snapshot, for a run that follows its own calls. */
  records: z.enum(['none', 'only', 'too']).default('none'),
});
const callParams = z.object({ call: z.coerce.number().int().positive() });
const visitorParams = z.object({
  visitor: z
    .string()
    .min(1)
    .max(200)
    .refine((key) => key !== STARTUP_KEY, `${STARTUP_KEY} is not a visitor: it has no quota`),
});
const advanceQuery = z.object({
  seconds: z.coerce
    .number()
    .min(0)
    .max(366 * 86_400),
});
const tierQuery = z.object({ tier: z.enum([...TIERS, 'own']) });
const visitorQuery = z.object({ tier: z.enum(TIERS) });
const useQuery = visitorQuery.extend({
  used: z.coerce.number().min(0).max(1e9),
  runs: z.coerce.number().int().min(0).max(1e9),
  /** Left out while no window is open. */
  resetsIn: z.coerce
    .number()
    .min(0)
    .max(366 * 86_400)
    .optional(),
});
const creditsQuery = z.object({ seconds: z.coerce.number().min(0).max(1e9) });
const spaceId = z.string().min(1).max(256);
const processQuery = {
  pid: z.coerce.number().int().min(2).optional(),
  startTime: z.coerce.number().min(0).optional(),
};
const registerQuery = z.object({
  id: spaceId,
  name: z.string().min(1).max(100),
  owner: z.string().min(1).max(100),
  ownerKind: z.enum(OWNER_KINDS),
  tasksSocket: z.string().min(1).max(4_096).optional(),
  ...processQuery,
});
const startedQuery = z.object({
  id: spaceId,
  pid: z.coerce.number().int().min(2),
  startTime: z.coerce.number().min(0),
});
const addressQuery = z.object({
  id: spaceId,
  spaceId: z.string().refine(isSpaceId),
  url: z.url({ protocol: /^http$/ }),
});
const goneQuery = z.object({ id: spaceId });
const reportedQuery = z.object({ id: spaceId });
const relayQuery = z.object({ id: spaceId, key: z.string().regex(/^[\w-]{16,64}$/) });

/**
 * The side of the allocator that its user sees and commands: snapshot, stream, metrics, operators'
 * commands, and the Spaces that come and go (docs/allocator.md). All of it wants the state
 * folder's secret; an answer to a command leaves when the ledger has it.
 */
export function createControlApi(http: HttpApi, ports: ControlApiPorts): ControlApi {
  /** Where visitors reach each Space; sent again by each run that comes back after a restart. */
  const addresses = new Map<string, { readonly spaceId: string; readonly url: string }>();
  const { driver } = ports;
  /** Of this process: a request that was signed for another one is refused. */
  const instance = ports.newId();
  const streams = createEventStreams(ports.clock, (size) => snapshot(size));

  function snapshot(size: SnapshotSize) {
    return takeSnapshot(ports.sources(), size, ports.clock.now());
  }
  const authorize: Guard = ({ headers }, reply) => {
    const { authorization } = headers;
    if (isSigned(authorization, ports.secret, instance)) return true;
    if (isBearer(authorization, ports.secret)) return true;
    reply.send(401, { detail: 'The secret of the state folder is missing or wrong' });
    return false;
  };
  // Open to everybody: it says nothing but that this allocator knows the secret.
  http.on('GET', '/control/v1/hello', (request, reply) => {
    const { nonce } = helloQuery.parse(request.query);
    reply.send(200, { instance, proof: helloProof(ports.secret, nonce, instance, request.ownEnd) });
  });
  const get = (path: string, handler: Handler) => http.on('GET', path, handler, authorize);
  const post = (path: string, handler: Handler) => http.on('POST', path, handler, authorize);

  get('/metrics', (_request, reply) => {
    const text = ports.metrics.render(snapshot({ queue: 0, visitors: 0 }));
    reply.send(200, text, { 'content-type': 'text/plain; version=0.0.4' });
  });
  get('/control/v1/snapshot', (request, reply) => {
    reply.send(200, snapshot(sizeQuery.parse(request.query)));
  });
  get('/control/v1/stream', (request, reply) => {
    const { every, records, ...size } = streamQuery.parse(request.query);
    streams.open(reply.hijack(), { everyMs: every * 1000, records, size });
  });

  post('/control/v1/calls/:call/kill', (request, reply) => {
    const { call } = callParams.parse(request.params);
    const { leases } = driver.state;
    const lease = [...leases.values()].find((held) => held.call === call);
    if (!lease?.process) return missing(reply, `Call ${call} does not run`);
    return command(reply, { type: 'kill-call', at: ports.clock.now(), call });
  });
  post('/control/v1/calls/:call/release', (request, reply) => {
    const { call } = callParams.parse(request.params);
    const { leases, queue } = driver.state;
    const lease = [...leases.values()].find((held) => held.call === call);
    if (lease?.process) {
      return reply.send(409, { detail: `Call ${call} has begun: it can only be killed` });
    }
    if (!lease && !queue.some((waiter) => waiter.call === call)) {
      return missing(reply, `Call ${call} does not wait`);
    }
    return command(reply, { type: 'release-call', at: ports.clock.now(), call });
  });
  post('/control/v1/time/advance', (request, reply) => {
    const { seconds } = advanceQuery.parse(request.query);
    return command(reply, { type: 'advance', at: ports.clock.now(), seconds });
  });
  get('/control/v1/visitors/:visitor', (request, reply) => {
    const key = visitorParams.parse(request.params).visitor;
    const { tier } = visitorQuery.parse(request.query);
    const at = ports.clock.now();
    const view = visitorView(driver.state, { key, tier, hasToken: true }, at);
    return reply.send(200, { ...view, speed: ports.clock.speed ?? 1 });
  });
  post('/control/v1/visitors/:visitor/tier', (request, reply) => {
    const { visitor } = visitorParams.parse(request.params);
    const asked = tierQuery.parse(request.query).tier;
    const tier = asked === 'own' ? null : asked;
    const { profile } = driver.state.rules;
    if (tier !== null && !tiersOf(profile).includes(tier)) {
      return reply.send(400, { detail: `${profile.name} has no tier ${tier}` });
    }
    return command(reply, { type: 'set-tier', at: ports.clock.now(), visitor, tier });
  });
  post('/control/v1/visitors/:visitor/credits', (request, reply) => {
    const { visitor } = visitorParams.parse(request.params);
    const { seconds } = creditsQuery.parse(request.query);
    return command(reply, { type: 'set-credits', at: ports.clock.now(), visitor, seconds });
  });
  post('/control/v1/visitors/:visitor/use', (request, reply) => {
    const { visitor } = visitorParams.parse(request.params);
    const { tier, used, runs, resetsIn } = useQuery.parse(request.query);
    const use = { usedSeconds: used, runs, resetsInSeconds: resetsIn ?? null };
    return command(reply, { type: 'set-use', at: ports.clock.now(), visitor, tier, ...use });
  });
  post('/control/v1/visitors/:visitor/reset', (request, reply) => {
    const { visitor } = visitorParams.parse(request.params);
    const { accounts } = driver.state;
    if (!accounts.has(visitor)) return missing(reply, `${visitor} has never called`);
    return command(reply, { type: 'reset-quota', at: ports.clock.now(), visitor });
  });

  post('/control/v1/spaces', async (request, reply) => {
    const query = registerQuery.parse(request.query);
    const { id, name, owner, ownerKind, tasksSocket, pid, startTime } = query;
    if (driver.ledger.status === 'failing') return unavailable(reply);
    const root = pid === undefined || startTime === undefined ? null : { pid, startTime };
    const answer = await driver.submit({
      type: 'register-space',
      at: ports.clock.now(),
      requestId: ports.newId(),
      space: id,
      name,
      owner: { name: owner, kind: ownerKind },
      root,
    });
    if (answer.type === 'space-refused') {
      const { hosted, limit } = answer;
      const body = { detail: 'hosting-limit', owner, ownerKind, hosted, limit };
      return reply.send(403, body);
    }
    if (answer.type !== 'space-registered') return unavailable(reply);
    if (tasksSocket) ports.labels.setSocket(id, tasksSocket);
    return reply.send(200, ports.device());
  });
  get('/control/v1/spaces/reported', (request, reply) => {
    const { id } = reportedQuery.parse(request.query);
    reply.send(200, { reported: driver.state.spaces.get(id)?.startup.over ?? false });
  });
  get('/control/v1/spaces/addresses', (_request, reply) => {
    const { spaces } = driver.state;
    const running = [...addresses].filter(([id]) => spaces.has(id));
    reply.send(200, { addresses: running.map(([, address]) => address) });
  });
  post('/control/v1/spaces/address', (request, reply) => {
    const { id, spaceId, url } = addressQuery.parse(request.query);
    if (!driver.state.spaces.has(id)) return missing(reply, `${id} is not here`);
    for (const known of addresses.keys()) {
      if (!driver.state.spaces.has(known)) addresses.delete(known);
    }
    addresses.set(id, { spaceId, url });
    return reply.send(204);
  });
  post('/control/v1/spaces/relay', (request, reply) => {
    const { id, key } = relayQuery.parse(request.query);
    request.relay({ space: id, key });
    reply.send(204);
  });
  post('/control/v1/spaces/started', (request, reply) => {
    const { id, pid, startTime } = startedQuery.parse(request.query);
    const root = { pid, startTime };
    return command(reply, { type: 'space-started', at: ports.clock.now(), space: id, root });
  });
  post('/control/v1/spaces/gone', async (request, reply) => {
    const { id } = goneQuery.parse(request.query);
    ports.labels.forget(id);
    const gone = driver.submit({ type: 'space-gone', at: ports.clock.now(), space: id });
    // Its calls have ended, and are written down, before its run says goodbye.
    await driver.untilEnded(({ space }) => space === id);
    return (await gone).type === 'done' ? reply.send(204) : unavailable(reply);
  });

  /** Does it, and says so when it is written down. */
  async function command(reply: Reply, event: AllocatorEvent): Promise<void> {
    const answer = await driver.submit(event);
    if (answer.type === 'done') reply.send(204);
    else unavailable(reply);
  }

  return {
    record(record) {
      if (!streams.wantsRecords) return;
      void ports.labels
        .ask(record.space, record.taskId)
        .then((name) => streams.record({ ...record, function: name }));
    },
    close: () => streams.close(),
  };
}

function missing(reply: Reply, detail: string): void {
  reply.send(404, { detail });
}

function unavailable(reply: Reply): void {
  reply.send(503, { detail: 'The ledger can not be written' });
}
