import type { ServerResponse } from 'node:http';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import * as z from 'zod';
import type { Clock } from '../../shared/clock.js';
import { isOneProcess, type ProcessId } from '../../shared/host.js';
import type { Visitor } from '../core/types.js';
import type { AllocatorDriver, Answer } from './driver.js';
import { answerWithFault } from './fault-answers.js';
import type { Fault, FaultPlan } from './faults.js';
import type { WaitingStreams } from './streams.js';
import type { TokenVerdict } from './visitor-tokens.js';
import { allowQuery, refusalAnswer, releaseQuery, scheduleQuery, tierHeaders } from './wire.js';

/** What the device API needs to know of the host and of the visitors. */
export interface DeviceApiPorts {
  readonly clock: Clock;
  readonly driver: () => AllocatorDriver;
  readonly streams: WaitingStreams;
  /** A Space with at least one GPU function has called `launch()`. */
  readonly onStartupReport: () => void;
  readonly verifyToken: (token: string) => Promise<TokenVerdict>;
  readonly newId: () => string;
  readonly faults: FaultPlan;
  /** Told of every fault before it happens. */
  readonly onFault: (fault: Fault) => void;
  readonly identify: (pid: number) => ProcessId | null;
  readonly isDescendant: (pid: number, ancestor: ProcessId) => boolean;
  /** What the device says of a call's worker when it is released. */
  readonly measure: (allowToken: string) => { gpuUsed: boolean; peakVramBytes: number | null };
}

export interface DeviceApi {
  readonly app: FastifyInstance;
  answer(answer: Answer): void;
}

const noSchemas = () => {
  throw new Error('a route has a JSON schema');
};
const NO_SCHEMAS = { buildValidator: () => noSchemas, buildSerializer: () => noSchemas };

/**
 * The HTTP side of ZeroGPU that the `spaces` package speaks: /startup-report, /schedule, /allow,
 * /release, /queue-size. It parses, asks the core, and writes what the core decided.
 */
export function createDeviceApi(ports: DeviceApiPorts): DeviceApi {
  const pending = new Map<string, FastifyReply>();
  /** Seconds from the grant to the kill of a call, by its token: the fault `kill`. */
  const killsAfter = new Map<string, number>();
  const app = fastify({
    bodyLimit: 1_024,
    routerOptions: { maxParamLength: 256 },
    // Old clients may keep a connection open between calls; a stream may last a minute and more.
    requestTimeout: 10_000,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    // Zod reads what comes in: the compilers of JSON schemas are never asked, and slow to load.
    schemaController: { compilersFactory: NO_SCHEMAS },
  });
  app.server.headersTimeout = 5_000;

  app.addHook('onRequest', async (request, reply) => {
    // The client is a Python process on this host: a browser has no business here (DNS rebinding).
    if (request.headers.origin !== undefined || !isLoopbackHost(request.headers.host)) {
      await reply.code(403).send({ detail: 'The device API answers local Spaces only' });
    }
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof z.ZodError ? 400 : (error.statusCode ?? 500);
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
    void reply.code(status).send({ detail });
  });
  // The package sends an empty body, some versions with a content type.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null));

  app.post('/startup-report', async (_request, reply) => {
    const fault = ports.faults.nextStartup();
    if (fault) {
      ports.onFault(fault);
      await reply.code(404).send({ detail: 'Not found (fault)' });
      return;
    }
    ports.onStartupReport();
    await reply.code(200).send();
  });
  app.get('/queue-size', async () => ports.driver().state.queue.length);

  app.post('/schedule', async (request, reply) => {
    const query = scheduleQuery.parse(request.query);
    const space = ports.driver().state.spaces.get(query.cgroupPath);
    if (!space) return reply.code(404).send({ detail: 'No Space runs under that cgroupPath' });
    const caller = await identifyCaller(query.token, space.name);
    if (caller === 'forged') return reply.code(401).send({ detail: 'Not a token of this proxy' });
    const fault = ports.faults.nextCall();
    if (fault) {
      ports.onFault(fault);
      if (await answerWithFault(fault, caller.visitor.tier, reply, ports.clock)) return reply;
      // A late answer may find nobody waiting for it.
      if (reply.raw.destroyed) return reply;
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
      size: query.gpuSize,
    });
    return reply;
  });

  app.post('/allow', async (request, reply) => {
    const query = allowQuery.parse(request.query);
    const process = ports.identify(query.pid);
    const lease = ports.driver().state.leases.get(query.allowToken);
    const root = lease ? ports.driver().state.spaces.get(lease.space)?.root : undefined;
    // A Space may only ever get its own processes killed; who holds the lease was looked at before.
    const isHolder = isOneProcess(process, lease?.process ?? null);
    const isOurs = !lease || isHolder || (root && ports.isDescendant(query.pid, root));
    if (!process || !isOurs) {
      return reply.code(404).send({ detail: 'No such process in this Space' });
    }
    ports.driver().dispatch({
      type: 'allow',
      at: ports.clock.now(),
      requestId: hold(reply),
      allowToken: query.allowToken,
      process,
    });
    return reply;
  });

  app.post('/release', async (request, reply) => {
    const query = releaseQuery.parse(request.query);
    ports.driver().dispatch({
      type: 'release',
      at: ports.clock.now(),
      requestId: hold(reply),
      allowToken: query.allowToken,
      fail: query.fail.toLowerCase() === 'true',
      ...ports.measure(query.allowToken),
    });
    return reply;
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
  function hold(reply: FastifyReply): string {
    const requestId = ports.newId();
    pending.set(requestId, reply);
    onClientGone(reply.raw, () => {
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
        void reply.code(200).headers(tierHeaders(answer.tier)).send(answer.grant);
        return;
      case 'refuse': {
        const { status, headers, body } = refusalAnswer(answer.refusal, answer.tier);
        void reply.code(status).headers(headers).send(body);
        return;
      }
      case 'queue':
        reply.hijack();
        ports.streams.open(answer.requestId, reply.raw, answer.tier, answer.reason);
        return;
      case 'unavailable':
        void unavailable(reply);
        return;
      case 'status':
        void reply.code(answer.status).send();
    }
  }
  return { app, answer };
}

function unavailable(reply: FastifyReply): FastifyReply {
  return reply.code(503).send({ detail: 'The ledger can not be written: no new calls for now' });
}

/** Calls back when the client closes before the response has ended. */
function onClientGone(response: ServerResponse, gone: () => void): void {
  response.once('close', () => {
    if (!response.writableFinished) gone();
  });
}

function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
}
