import type { GpuSize } from '../../platform/tiers.js';
import type { Clock } from '../../shared/clock.js';
import { isSameProcess, type ProcessId } from '../../shared/host.js';
import { isLoopbackHost } from '../../shared/loopback.js';
import { isKnownToken } from '../core/index.js';
import type { Visitor } from '../core/types.js';
import type { Answer } from './answers.js';
import type { AllocatorDriver } from './driver.js';
import { answerWithFault, refusalOfFault } from './fault-answers.js';
import type { Fault, FaultPlan } from './faults.js';
import { type ApiRequest, createHttpApi, type HttpApi, type Reply } from './http.js';
import type { WaitingStreams } from './streams.js';
import type { TokenVerdict } from './visitor-tokens.js';
import { allowQuery, refusalAnswer, releaseQuery, scheduleQuery, tierHeaders } from './wire.js';

const UNKNOWN_TOKEN = { detail: 'No call has that allowToken, or none any more' };
const WHY: Readonly<Record<number, object>> = {
  404: UNKNOWN_TOKEN,
  409: { detail: 'Another process has that allowToken, or this one has another' },
};

/** What the device API needs to know of the host and of the visitors. */
export interface DeviceApiPorts {
  readonly clock: Clock;
  readonly driver: AllocatorDriver;
  readonly streams: WaitingStreams;
  /** The Space whose app has sent a request, by its id; null when that can't be seen. */
  readonly spaceOf: (request: Pick<ApiRequest, 'remotePort' | 'relayedFor'>) => string | null;
  /**
   * An app reports its start, and its main thread stands still until it has the answer: its other threads can
   * be asked now, however busy it is later.
   */
  readonly onStartupReport: (space: string) => Promise<void>;
  /** The size of the Space's calls that name none. */
  readonly defaultSize: (space: string) => Promise<GpuSize>;
  readonly verifyToken: (token: string) => Promise<TokenVerdict>;
  readonly newId: () => string;
  readonly faults: FaultPlan;
  /** Told of every fault before it happens. */
  readonly onFault: (fault: Fault) => void;
  readonly identify: (pid: number) => ProcessId | null;
  readonly isDescendant: (pid: number, ancestor: ProcessId) => boolean;
  /** What the device says of a call's worker when it is released. */
  readonly measure: (allowToken: string) => { gpuUsed: boolean; peakVramBytes: number | null };
  /** Called with an unexpected error of a handler. */
  readonly onError: (error: unknown) => void;
}

/**
 * The HTTP side of ZeroGPU that the `spaces` package speaks: /startup-report, /schedule, /allow,
 * /release, /queue-size. It parses, asks the core, and writes what the core decided.
 */
export function createDeviceApi(ports: DeviceApiPorts): HttpApi {
  const { driver, streams, clock } = ports;
  /** Seconds from the grant to the kill of a call, by its token: the fault `kill`. */
  const killsAfter = new Map<string, number>();
  const http = createHttpApi(isLocalClient, ports.onError);

  http.on('POST', '/startup-report', async (request, reply) => {
    const fault = ports.faults.nextStartup();
    if (fault) {
      ports.onFault(fault);
      return reply.send(404, { detail: 'Not found (fault)' });
    }
    const space = ports.spaceOf(request);
    // A second report changes nothing, whoever sends it.
    if (!space || driver.state.spaces.get(space)?.startup.over) return reply.send(200);
    await ports.onStartupReport(space);
    const defaultSize = await ports.defaultSize(space);
    const answer = await driver.submit({
      type: 'startup-reported',
      at: clock.now(),
      requestId: ports.newId(),
      space,
      defaultSize,
    });
    answerStatus(reply, answer);
  });
  http.on('GET', '/queue-size', (_request, reply) => {
    reply.send(200, driver.state.queue.length);
  });

  http.on('POST', '/schedule', async (request, reply) => {
    const query = scheduleQuery.parse(request.query);
    const space = driver.state.spaces.get(query.cgroupPath);
    if (!space) return reply.send(404, { detail: 'No Space runs under that cgroupPath' });
    const caller = await identifyCaller(query.token, space.name);
    if (caller === 'forged') return reply.send(401, { detail: 'Not a token of this proxy' });
    const fault = ports.faults.nextCall();
    // The core makes it: a refusal on demand has its record, as every other.
    const refusal = fault && refusalOfFault(fault);
    if (fault) {
      ports.onFault(fault);
      if (!refusal && (await answerWithFault(fault, caller.visitor.tier, reply, clock))) return;
      // A late answer may find no request waiting for it.
      if (reply.isClientGone) return;
    }
    if (driver.ledger.status === 'failing') return unavailable(reply);
    // The signature was looked at meanwhile.
    if (reply.isClientGone) return;
    const requestId = ports.newId();
    const call = {
      type: 'schedule',
      requestId,
      space: space.id,
      taskId: query.taskId,
      visitor: caller.visitor,
      tokenExpired: caller.expired,
      durationSeconds: query.durationSeconds ?? null,
      size: query.gpuSize ?? null,
      ...(refusal && { fault: refusal }),
    } as const;
    const shared = driver.shared ? await driver.shared.ask(call) : null;
    if (shared === 'unreachable') return storeUnreachable(reply);
    if (shared && reply.isClientGone) return driver.shared?.forget(requestId, caller.visitor);
    const allowToken = ports.newId();
    if (fault?.kind === 'kill') killsAfter.set(allowToken, fault.seconds);
    reply.onClientGone(() => leave(requestId));
    const at = clock.now();
    const answer = await driver.submit({ ...call, at, allowToken, ...(shared && { shared }) });
    await answerSchedule(requestId, reply, answer);
  });

  http.on('POST', '/allow', async (request, reply) => {
    const query = allowQuery.parse(request.query);
    const process = ports.identify(query.pid);
    const lease = driver.state.leases.get(query.allowToken);
    if (!lease) return unknownToken(reply);
    const root = driver.state.spaces.get(lease.space)?.root;
    // A Space may only ever get its own processes killed; who holds the lease was looked at before.
    const isHolder = isSameProcess(process, lease.process);
    const isOurs = isHolder || (root && ports.isDescendant(query.pid, root));
    if (!process || !isOurs) {
      return reply.send(404, { detail: 'No such process in this Space' });
    }
    const answer = await driver.submit({
      type: 'allow',
      at: clock.now(),
      requestId: ports.newId(),
      allowToken: query.allowToken,
      process,
    });
    answerStatus(reply, answer);
  });

  http.on('POST', '/release', async (request, reply) => {
    const query = releaseQuery.parse(request.query);
    if (!isKnownToken(driver.state, query.allowToken)) return unknownToken(reply);
    const answer = await driver.submit({
      type: 'release',
      at: clock.now(),
      requestId: ports.newId(),
      allowToken: query.allowToken,
      fail: query.fail.toLowerCase() === 'true',
      ...ports.measure(query.allowToken),
    });
    answerStatus(reply, answer);
  });

  async function identifyCaller(
    token: string | undefined,
    space: string,
  ): Promise<{ visitor: Visitor; expired: boolean } | 'forged'> {
    // Without a token there is no visitor: the platform counts the call on the Space's own address.
    if (token === undefined) {
      const visitor = { key: `anonymous:${space}`, tier: 'anonymous', hasToken: false } as const;
      return { visitor, expired: false };
    }
    const verdict = await ports.verifyToken(token);
    if (verdict.status === 'forged') return 'forged';
    return { visitor: verdict.visitor, expired: verdict.status === 'expired' };
  }

  /** The client of a /schedule has left: out of the queue, or its grant is taken back. */
  function leave(requestId: string): void {
    streams.forget(requestId);
    void driver.submit({ type: 'abandon', at: clock.now(), requestId });
  }

  async function answerSchedule(requestId: string, reply: Reply, answer: Answer): Promise<void> {
    switch (answer.type) {
      case 'grant':
        // A client that closed right after its request is seen to be gone by now.
        await nextPoll();
        if (reply.isClientLeaving) return leave(requestId);
        killLater(answer.grant.allowToken);
        reply.send(200, answer.grant, tierHeaders(answer.tier));
        return;
      case 'refuse': {
        const { status, headers, body } = refusalAnswer(answer.refusal, answer.tier);
        reply.send(status, body, headers);
        return;
      }
      case 'queue': {
        if (reply.isClientGone) return;
        streams.open(requestId, reply.hijack(), answer.tier, answer.reason);
        const end = await answer.end;
        if (end.type === 'stream-fail') streams.fail(requestId);
        if (end.type !== 'stream-grant') return;
        killLater(end.grant.allowToken);
        streams.grant(requestId, end.grant);
        return;
      }
      case 'unavailable':
        if (driver.shared?.problem) storeUnreachable(reply);
        else unavailable(reply);
    }
  }

  function killLater(allowToken: string): void {
    const seconds = killsAfter.get(allowToken);
    if (seconds === undefined) return;
    killsAfter.delete(allowToken);
    clock.after(seconds * 1_000, () => {
      const call = driver.state.leases.get(allowToken)?.call;
      if (call === undefined) return;
      void driver.submit({ type: 'kill-call', at: clock.now(), call });
    });
  }

  return http;
}

function answerStatus(reply: Reply, answer: Answer): void {
  if (answer.type === 'status') reply.send(answer.status, WHY[answer.status]);
  else unavailable(reply);
}

/** Everything that the kernel had for this process when it was called has been read. */
function nextPoll(): Promise<void> {
  return new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));
}

/** A guess is not an event: a client without a token must not make the ledger grow. */
function unknownToken(reply: Reply): void {
  reply.send(404, UNKNOWN_TOKEN);
}

function unavailable(reply: Reply): void {
  reply.send(503, { detail: 'The ledger can not be written: no new calls for now' });
}

/** Who is over quota can't be known: refusing is the safe answer, and running calls go on. */
function storeUnreachable(reply: Reply): void {
  const detail = 'The store of the quotas can not be reached: no new calls for now';
  reply.send(503, { detail }, { 'retry-after': '5' });
}

/** The client is a Python process on this host: a browser has no business here (DNS rebinding). */
function isLocalClient({ headers }: Pick<ApiRequest, 'headers'>, reply: Reply): boolean {
  if (headers.origin === undefined && isLoopbackHost(headers.host)) return true;
  reply.send(403, { detail: 'The device API answers local Spaces only' });
  return false;
}
