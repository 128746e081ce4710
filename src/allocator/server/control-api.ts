import { tiersOf } from '../../platform/tier-facts.js';
import type { Clock } from '../../shared/clock.js';
import { UserError } from '../../shared/errors.js';
import type { ProcessId } from '../../shared/host.js';
import { helloProof } from '../client/greeting.js';
import { CONTROL, type Endpoint, type Received } from '../client/protocol.js';
import { isBearer, isSigned } from '../client/secret.js';
import { hostingLimit } from '../core/spaces.js';
import type { AllocatorEvent, CallRecord, Owner } from '../core/types.js';
import { CLUSTER_STATUS, type ClusterHost, type ClusterRefusal } from './cluster-host.js';
import { createEventStreams } from './control-streams.js';
import type { AllocatorDriver } from './driver.js';
import { type FaultPlan, parseCallFaults } from './faults.js';
import type { ApiRequest, Guard, HttpApi, Reply } from './http.js';
import type { Metrics } from './metrics.js';
import { isOperatorEvent } from './shared-quota.js';
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
  readonly faults: FaultPlan;
  /** What a visitor of a Space that has joined reads. */
  readonly onTold: (message: string, visitor: string) => void;
  readonly cluster: ClusterHost | null;
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

/**
 * The side of the allocator that its user sees and commands: snapshot, stream, metrics, operators'
 * commands, and the Spaces that come and go (docs/control-api.md). All of it wants the state
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
  /** Answers one endpoint of the protocol; a parameter that does not parse is a 400. */
  function on<E extends Endpoint>(
    endpoint: E,
    handler: (asked: Received<E>, reply: Reply, request: ApiRequest) => void | Promise<void>,
  ): void {
    const { method, path, params, query, isSecret } = endpoint;
    http.on(
      method,
      path,
      (request, reply) => {
        const asked = { ...query.parse(request.query), ...params.parse(request.params) };
        return handler(asked as Received<E>, reply, request);
      },
      isSecret ? authorize : undefined,
    );
  }

  on(CONTROL.hello, ({ nonce }, reply, request) => {
    reply.send(200, { instance, proof: helloProof(ports.secret, nonce, instance, request.ownEnd) });
  });
  on(CONTROL.metrics, (_, reply) => {
    const text = ports.metrics.render(snapshot({ queue: 0, visitors: 0 }));
    reply.send(200, text, { 'content-type': 'text/plain; version=0.0.4' });
  });
  on(CONTROL.snapshot, (size, reply) => {
    reply.send(200, snapshot(size));
  });
  on(CONTROL.stream, ({ every, records, replay, ...size }, reply) => {
    streams.open(reply.hijack(), { everyMs: every * 1000, records, replay, size });
  });

  on(CONTROL.kill, ({ call }, reply) => {
    const { leases } = driver.state;
    const lease = [...leases.values()].find((held) => held.call === call);
    if (!lease?.process) return missing(reply, `Call ${call} does not run`);
    return command(reply, { type: 'kill-call', at: ports.clock.now(), call });
  });
  on(CONTROL.release, ({ call }, reply) => {
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
  on(CONTROL.advance, ({ seconds }, reply) => {
    if (driver.shared) {
      return reply.send(409, { detail: 'Quota time is that of the store, for every host of it' });
    }
    return command(reply, { type: 'advance', at: ports.clock.now(), seconds });
  });
  on(CONTROL.faults, ({ spec }, reply) => {
    try {
      ports.faults.replaceCallFaults(parseCallFaults(spec));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return reply.send(400, { detail: [error.message, error.why].filter(Boolean).join('. ') });
    }
    return reply.send(204);
  });
  on(CONTROL.visitor, async ({ visitor: key, tier }, reply) => {
    await driver.shared?.look({ key, tier });
    const at = ports.clock.now();
    const view = visitorView(driver.state, { key, tier, hasToken: true }, at);
    return reply.send(200, { ...view, speed: ports.clock.speed ?? 1 });
  });
  on(CONTROL.setTier, ({ visitor, tier: asked }, reply) => {
    const tier = asked === 'own' ? null : asked;
    const { profile } = driver.state.rules;
    if (tier !== null && !tiersOf(profile).includes(tier)) {
      return reply.send(400, { detail: `${profile.name} has no tier ${tier}` });
    }
    return command(reply, { type: 'set-tier', at: ports.clock.now(), visitor, tier });
  });
  on(CONTROL.setCredits, ({ visitor, seconds }, reply) => {
    return command(reply, { type: 'set-credits', at: ports.clock.now(), visitor, seconds });
  });
  on(CONTROL.setUse, ({ visitor, tier, used, runs, resetsIn }, reply) => {
    const use = { usedSeconds: used, runs, resetsInSeconds: resetsIn ?? null };
    return command(reply, { type: 'set-use', at: ports.clock.now(), visitor, tier, ...use });
  });
  on(CONTROL.reset, ({ visitor }, reply) => {
    const { accounts } = driver.state;
    if (!driver.shared && !accounts.has(visitor))
      return missing(reply, `${visitor} has never called`);
    return command(reply, { type: 'reset-quota', at: ports.clock.now(), visitor });
  });

  on(CONTROL.register, async (asked, reply) => {
    const { id, name, owner, ownerKind, tasksSocket, pid, startTime } = asked;
    if (driver.ledger.status === 'failing') return unavailable(reply);
    const root = pid === undefined || startTime === undefined ? null : { pid, startTime };
    const whose = { name: owner, kind: ownerKind };
    const refused =
      (await ports.cluster?.admit({
        ...{ id, name, owner: whose },
        limit: hostingLimit(driver.state.rules.profile, whose.kind),
        isKnown: driver.state.spaces.has(id),
      })) ?? null;
    if (refused) return refuseSpace(reply, whose, refused);
    const answer = await driver.submit({
      type: 'register-space',
      at: ports.clock.now(),
      requestId: ports.newId(),
      ...{ space: id, name, owner: whose, root },
    });
    if (answer.type === 'space-refused') {
      ports.cluster?.left(id);
      const { hosted, limit } = answer;
      return refuseSpace(reply, whose, { detail: 'hosting-limit', hosted, limit });
    }
    if (answer.type !== 'space-registered') return unavailable(reply);
    if (tasksSocket) ports.labels.setSocket(id, tasksSocket);
    return reply.send(200, ports.device());
  });
  on(CONTROL.reported, ({ id }, reply) => {
    reply.send(200, { reported: driver.state.spaces.get(id)?.startup.over ?? false });
  });
  on(CONTROL.addresses, (_, reply) => {
    const { spaces } = driver.state;
    const running = [...addresses].filter(([id]) => spaces.has(id));
    reply.send(200, { addresses: running.map(([, address]) => address) });
  });
  on(CONTROL.address, ({ id, spaceId, url }, reply) => {
    if (!driver.state.spaces.has(id)) return missing(reply, `${id} is not here`);
    for (const known of addresses.keys()) {
      if (!driver.state.spaces.has(known)) addresses.delete(known);
    }
    addresses.set(id, { spaceId, url });
    return reply.send(204);
  });
  on(CONTROL.relay, ({ id, key }, reply, request) => {
    request.relay({ space: id, key });
    reply.send(204);
  });
  on(CONTROL.started, ({ id, pid, startTime }, reply) => {
    const root = { pid, startTime };
    return command(reply, { type: 'space-started', at: ports.clock.now(), space: id, root });
  });
  on(CONTROL.stops, ({ id, processes }, reply) => {
    const stopped = processes === 'all' ? processes : processesIn(processes);
    return command(reply, { type: 'debug-stops', at: ports.clock.now(), space: id, stopped });
  });
  on(CONTROL.told, ({ id, visitor, message }, reply) => {
    if (!driver.state.spaces.has(id)) return missing(reply, `${id} is not here`);
    ports.onTold(message, visitor);
    return reply.send(204);
  });
  on(CONTROL.gone, async ({ id }, reply) => {
    ports.labels.forget(id);
    ports.cluster?.left(id);
    const gone = driver.submit({ type: 'space-gone', at: ports.clock.now(), space: id });
    // Its calls have ended, and are written down, before its run says goodbye.
    await driver.untilEnded(({ space }) => space === id);
    return (await gone).type === 'done' ? reply.send(204) : unavailable(reply);
  });

  /** Does it, and says so when it is written down. */
  async function command(reply: Reply, event: AllocatorEvent): Promise<void> {
    if (driver.shared && isOperatorEvent(event)) {
      if (await driver.shared.operate(event)) return reply.send(204);
      return reply.send(503, { detail: 'The store of the quotas can not be reached' });
    }
    const answer = await driver.submit(event);
    if (answer.type === 'done') reply.send(204);
    else unavailable(reply);
  }

  return {
    record(record) {
      void ports.labels
        .ask(record.space, record.taskId)
        .then((name) => streams.record({ ...record, function: name }));
    },
    close: () => streams.close(),
  };
}

/** `4242:1234567,4243:1234570` as the protocol has it. */
function processesIn(text: string): readonly ProcessId[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((one) => {
      const [pid = 0, startTime = 0] = one.split(':').map(Number);
      return { pid, startTime };
    });
}

function refuseSpace(reply: Reply, owner: Owner, refusal: ClusterRefusal): void {
  const body = { ...refusal, owner: owner.name, ownerKind: owner.kind };
  reply.send(CLUSTER_STATUS[refusal.detail], body);
}

function missing(reply: Reply, detail: string): void {
  reply.send(404, { detail });
}

function unavailable(reply: Reply): void {
  reply.send(503, { detail: 'The ledger can not be written' });
}
