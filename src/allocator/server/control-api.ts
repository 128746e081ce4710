import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Clock } from '../../shared/clock.js';
import { isBearer } from '../client/secret.js';
import type { CallRecord } from '../core/types.js';
import { createEventStreams } from './control-streams.js';
import type { AllocatorDriver } from './driver.js';
import type { Metrics } from './metrics.js';
import type { Registrations } from './registrations.js';
import { type SnapshotSize, type SnapshotSources, takeSnapshot } from './snapshot.js';
import type { SpaceLabels } from './space-labels.js';

/** What the control API needs of its host. */
export interface ControlApiPorts {
  readonly clock: Clock;
  readonly driver: () => AllocatorDriver;
  readonly secret: string;
  readonly registrations: Registrations;
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

const count = z.coerce.number().int().min(0).max(5_000).default(100);
const sizeQuery = z.object({ queue: count, visitors: count });
const streamQuery = sizeQuery.extend({
  every: z.coerce.number().min(0.1).max(3_600).default(1),
  /** `only`: every record and no snapshot, for a run that follows its own calls. */
  records: z.enum(['none', 'only', 'too']).default('none'),
});
const callParams = z.object({ call: z.coerce.number().int().positive() });
const visitorParams = z.object({ visitor: z.string().min(1).max(200) });
const advanceQuery = z.object({
  seconds: z.coerce
    .number()
    .min(0)
    .max(366 * 86_400),
});
const tierQuery = z.object({ tier: z.enum(['anonymous', 'free', 'pro', 'own']) });
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
  ownerKind: z.enum(['free', 'pro', 'organization']),
  tasksSocket: z.string().min(1).max(4_096).optional(),
  ...processQuery,
});
const startedQuery = z.object({
  id: spaceId,
  pid: z.coerce.number().int().min(2),
  startTime: z.coerce.number().min(0),
});
const goneQuery = z.object({ id: spaceId });

/**
 * The side of the allocator that its user sees and commands: snapshot, stream, metrics, operators'
 * commands, and the Spaces that come and go (docs/control-api.md). All of it wants the state
 * folder's secret; an answer to a command leaves when the ledger has it.
 */
export function createControlApi(app: FastifyInstance, ports: ControlApiPorts): ControlApi {
  const streams = createEventStreams(ports.clock, (size) => snapshot(size));

  function snapshot(size: SnapshotSize) {
    return takeSnapshot(ports.sources(), size, ports.clock.now());
  }
  const authorize = async (request: FastifyRequest, reply: FastifyReply) => {
    if (isBearer(request.headers.authorization, ports.secret)) return;
    await reply.code(401).send({ detail: 'The secret of the state folder is missing or wrong' });
  };
  const guarded = { onRequest: authorize };

  app.get('/metrics', guarded, async (_request, reply) => {
    reply.type('text/plain; version=0.0.4');
    return ports.metrics.render(snapshot({ queue: 0, visitors: 0 }));
  });
  app.get('/control/v1/snapshot', guarded, async (request) =>
    snapshot(sizeQuery.parse(request.query)),
  );
  app.get('/control/v1/stream', guarded, async (request, reply) => {
    const { every, records, ...size } = streamQuery.parse(request.query);
    reply.hijack();
    streams.open(reply.raw, { everyMs: every * 1000, records, size });
    return reply;
  });

  app.post('/control/v1/calls/:call/kill', guarded, async (request, reply) => {
    const { call } = callParams.parse(request.params);
    const { leases } = ports.driver().state;
    const lease = [...leases.values()].find((held) => held.call === call);
    if (!lease?.process) return missing(reply, `Call ${call} does not run`);
    return command(reply, { type: 'kill-call', at: ports.clock.now(), call });
  });
  app.post('/control/v1/calls/:call/release', guarded, async (request, reply) => {
    const { call } = callParams.parse(request.params);
    const { leases, queue } = ports.driver().state;
    const lease = [...leases.values()].find((held) => held.call === call);
    if (lease?.process) {
      return reply.code(409).send({ detail: `Call ${call} has begun: it can only be killed` });
    }
    if (!lease && !queue.some((waiter) => waiter.call === call)) {
      return missing(reply, `Call ${call} does not wait`);
    }
    return command(reply, { type: 'release-call', at: ports.clock.now(), call });
  });
  app.post('/control/v1/time/advance', guarded, async (request, reply) => {
    const { seconds } = advanceQuery.parse(request.query);
    return command(reply, { type: 'advance', at: ports.clock.now(), seconds });
  });
  app.post('/control/v1/visitors/:visitor/tier', guarded, async (request, reply) => {
    const { visitor } = visitorParams.parse(request.params);
    const asked = tierQuery.parse(request.query).tier;
    const tier = asked === 'own' ? null : asked;
    return command(reply, { type: 'set-tier', at: ports.clock.now(), visitor, tier });
  });
  app.post('/control/v1/visitors/:visitor/credits', guarded, async (request, reply) => {
    const { visitor } = visitorParams.parse(request.params);
    const { seconds } = creditsQuery.parse(request.query);
    return command(reply, { type: 'set-credits', at: ports.clock.now(), visitor, seconds });
  });
  app.post('/control/v1/visitors/:visitor/reset', guarded, async (request, reply) => {
    const { visitor } = visitorParams.parse(request.params);
    const { accounts } = ports.driver().state;
    if (!accounts.has(visitor)) return missing(reply, `${visitor} has never called`);
    return command(reply, { type: 'reset-quota', at: ports.clock.now(), visitor });
  });

  app.post('/control/v1/spaces', guarded, async (request, reply) => {
    const query = registerQuery.parse(request.query);
    const { id, name, owner, ownerKind, tasksSocket, pid, startTime } = query;
    if (ports.driver().ledger.status === 'failing') return unavailable(reply);
    const root = pid === undefined || startTime === undefined ? null : { pid, startTime };
    const space = { id, name, owner: { name: owner, kind: ownerKind }, root };
    const answer = await ports.registrations.ask(space);
    if (answer.type === 'unavailable') return unavailable(reply);
    if (answer.type === 'space-refused') {
      const { hosted, limit } = answer;
      const body = { detail: 'hosting-limit', owner, ownerKind, hosted, limit };
      return reply.code(403).send(body);
    }
    if (tasksSocket) ports.labels.setSocket(id, tasksSocket);
    return reply.code(200).send(ports.device());
  });
  app.post('/control/v1/spaces/started', guarded, async (request, reply) => {
    const { id, pid, startTime } = startedQuery.parse(request.query);
    const root = { pid, startTime };
    return command(reply, { type: 'space-started', at: ports.clock.now(), space: id, root });
  });
  app.post('/control/v1/spaces/gone', guarded, async (request, reply) => {
    const { id } = goneQuery.parse(request.query);
    ports.labels.forget(id);
    return command(reply, { type: 'space-gone', at: ports.clock.now(), space: id });
  });

  /** Does it, and says so when it is written down. */
  async function command(
    reply: FastifyReply,
    event: Parameters<AllocatorDriver['dispatch']>[0],
  ): Promise<FastifyReply> {
    ports.driver().dispatch(event);
    await ports.driver().ledger.flush();
    if (ports.driver().ledger.status === 'failing') return unavailable(reply);
    return reply.code(204).send();
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

function missing(reply: FastifyReply, detail: string): FastifyReply {
  return reply.code(404).send({ detail });
}

function unavailable(reply: FastifyReply): FastifyReply {
  return reply.code(503).send({ detail: 'The ledger can not be written' });
}
