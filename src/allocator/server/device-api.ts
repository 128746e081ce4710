import type { GpuSize } from '../../platform/tiers.js';
import type { Clock } from '../../shared/clock.js';
import { isSameProcess, type ProcessId } from '../../shared/host.js';
import { isLoopbackHost } from '../../shared/loopback.js';
import { isKnownToken } from '../core/index.js';
import type { Visitor } from '../core/types.js';
import type { AllocatorDriver, Answer } from './driver.js';
import { answerWithFault } from './fault-answers.js';
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
  readonly driver: () => AllocatorDriver;
  readonly streams: WaitingStreams;
  /** The Space whose app has sent a request, by its id; null when that can't be seen. */
  readonly spaceOf: (request: Pick<ApiRequest, 'remotePort'>) => string | null;
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
  /** Told of what a handler threw and nobody expected. */
  readonly onError: (error: unknown) => void;
}

export interface DeviceApi {
  readonly http: HttpApi;
  answer(answer: Answer): void;
}

/**
 * The HTTP side of ZeroGPU that the `spaces` package speaks: /startup-report, /schedule, /allow,
 * /release, /queue-size. It parses, asks the core, and writes what the core decided.
 */
export function createDeviceApi(ports: DeviceApiPorts): DeviceApi {
  const pending = new Map<string, Reply>();
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
    if (!space || ports.driver().state.spaces.get(space)?.startup.over) return reply.send(200);
    await ports.onStartupReport(space);
    const defaultSize = await ports.defaultSize(space);
    ports.driver().dispatch({
      type: 'startup-reported',
      at: ports.clock.now(),
      requestId: hold(reply),
      space,
      defaultSize,
    });
  });
  http.on('GET', '/queue-size', (_request, reply) => {
    reply.send(200, ports.driver().state.queue.length);
  });

  http.on('POST', '/schedule', async (request, reply) => {
    const query = scheduleQuery.parse(request.query);
    const space = ports.driver().state.spaces.get(query.cgroupPath);
    if (!space) return reply.send(404, { detail: 'No Space runs under that cgroupPath' });
    const caller = await identifyCaller(query.token, space.name);
    if (caller === 'forged') return reply.send(401, { detail: 'Not a token of this proxy' });
    const fault = ports.faults.nextCall();
    if (fault) {
      ports.onFault(fault);
      if (await answerWithFault(fault, caller.visitor.tier, reply, ports.clock)) return;
      // A late answer may find nobody waiting for it.
      if (reply.isClientGone) return;
    }
    if (ports.driver().ledger.status === 'failing') return unavailable(reply);
    const requestId = hold(reply);
    const allowToken = ports.newId();
    if (fault?.kind === 'kill') killsAfter.set(allowToken, fault.seconds);
    ports.driver().dispatch({
      type: 'schedule',
      at: ports.clock.now(),
      requestId,
      allowToken,
      space: space.id,
      taskId: query.taskId,
      visitor: caller.visitor,
      tokenExpired: caller.expired,
      durationSeconds: query.durationSeconds ?? null,
      size: query.gpuSize ?? null,
    });
  });

  http.on('POST', '/allow', (request, reply) => {
    const query = allowQuery.parse(request.query);
    const process = ports.identify(query.pid);
    const lease = ports.driver().state.leases.get(query.allowToken);
    if (!lease) return unknownToken(reply);
    const root = ports.driver().state.spaces.get(lease.space)?.root;
    // A Space may only ever get its own processes killed; who holds the lease was looked at before.
    const isHolder = isSameProcess(process, lease.process);
    const isOurs = isHolder || (root && ports.isDescendant(query.pid, root));
    if (!process || !isOurs) {
      return reply.send(404, { detail: 'No such process in this Space' });
    }
    ports.driver().dispatch({
      type: 'allow',
      at: ports.clock.now(),
      requestId: hold(reply),
      allowToken: query.allowToken,
      process,
    });
  });

  http.on('POST', '/release', (request, reply) => {
    const query = releaseQuery.parse(request.query);
    if (!isKnownToken(ports.driver().state, query.allowToken)) return unknownToken(reply);
    ports.driver().dispatch({
      type: 'release',
      at: ports.clock.now(),
      requestId: hold(reply),
      allowToken: query.allowToken,
      fail: query.fail.toLowerCase() === 'true',
      ...ports.measure(query.allowToken),
    });
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

  /** Keeps the reply until the core has decided; a client that leaves before is told to the core. */
  function hold(reply: Reply): string {
    const requestId = ports.newId();
    pending.set(requestId, reply);
    reply.onClientGone(() => {
      pending.delete(requestId);
      ports.streams.forget(requestId);
      ports.driver().dispatch({ type: 'abandon', at: ports.clock.now(), requestId });
    });
    return requestId;
  }

  function killLater(allowToken: string): void {
    const seconds = killsAfter.get(allowToken);
    if (seconds === undefined) return;
    killsAfter.delete(allowToken);
    ports.clock.after(seconds * 1_000, () => {
      const call = ports.driver().state.leases.get(allowToken)?.call;
      if (call === undefined) return;
      ports.driver().dispatch({ type: 'kill-call', at: ports.clock.now(), call });
    });
  }

  function answer(answer: Answer): void {
    if ('grant' in answer) killLater(answer.grant.allowToken);
    switch (answer.type) {
      case 'stream-grant':
        ports.streams.grant(answer.requestId, answer.grant);
        return;
      case 'stream-fail':
        ports.streams.fail(answer.requestId);
        return;
      default:
    }
    const reply = pending.get(answer.requestId);
    if (!reply) return;
    pending.delete(answer.requestId);
    switch (answer.type) {
      case 'grant':
        reply.send(200, answer.grant, tierHeaders(answer.tier));
        return;
      case 'refuse': {
        const { status, headers, body } = refusalAnswer(answer.refusal, answer.tier);
        reply.send(status, body, headers);
        return;
      }
      case 'queue':
        ports.streams.open(answer.requestId, reply.hijack(), answer.tier, answer.reason);
        return;
      case 'unavailable':
        unavailable(reply);
        return;
      case 'status':
        reply.send(answer.status, WHY[answer.status]);
    }
  }
  return { http, answer };
}

/** A guess is no event: whoever has no token must not make the ledger grow. */
function unknownToken(reply: Reply): void {
  reply.send(404, UNKNOWN_TOKEN);
}

function unavailable(reply: Reply): void {
  reply.send(503, { detail: 'The ledger can not be written: no new calls for now' });
}

/** The client is a Python process on this host: a browser has no business here (DNS rebinding). */
function isLocalClient({ headers }: Pick<ApiRequest, 'headers'>, reply: Reply): boolean {
  if (headers.origin === undefined && isLoopbackHost(headers.host)) return true;
  reply.send(403, { detail: 'The device API answers local Spaces only' });
  return false;
}
