import type { FastifyReply } from 'fastify';
import type { Clock } from '../../shared/clock.js';
import type { Tier } from '../core/types.js';
import type { Fault } from './faults.js';
import { tierHeaders } from './wire.js';

const PING_EVERY_MS = 500;

/**
 * Answers a /schedule with a fault, as the platform would (the package's client.py reads these).
 *
 * @returns false when the call is to go on as usual, now or after a while
 */
export async function answerWithFault(
  fault: Fault,
  tier: Tier,
  reply: FastifyReply,
  clock: Clock,
): Promise<boolean> {
  const headers = tierHeaders(tier);
  const refuse = (result: string, left: number, wait: number) =>
    reply
      .code(429)
      .headers({ ...headers, 'x-approve-result': result })
      .send({ left, wait });
  switch (fault.kind) {
    case 'no-gpu':
      await reply.code(503).headers(headers).send({ detail: 'No GPU (fault)' });
      return true;
    case 'expired-token':
      await reply.code(401).headers(headers).send({ detail: 'Expired token (fault)' });
      return true;
    case 'illegal-duration':
      await refuse('illegal-duration', 0, -1);
      return true;
    case 'quota':
      await refuse('quota-exceeded', 0, 3_600);
      return true;
    case 'runs-limit':
      await refuse('runs-exceeded', 0, 0);
      return true;
    case 'pending-credits':
      await refuse('pending-overquota-exceeded', 0, 0);
      return true;
    case 'queue-timeout':
      stream(fault, tier, reply, clock, (end) => end('event: failed\n\n'));
      return true;
    case 'broken-stream':
      stream(fault, tier, reply, clock, () => reply.raw.destroy());
      return true;
    case 'slow':
      await new Promise<void>((done) => clock.after(fault.seconds * 1_000, done));
      return false;
    default:
      return false;
  }
}

/** An event stream that pings for a while and then ends in its own way. */
function stream(
  { seconds }: Fault,
  tier: Tier,
  reply: FastifyReply,
  clock: Clock,
  finish: (end: (event: string) => void) => void,
): void {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-queuing-reason': 'node',
    ...tierHeaders(tier),
  });
  response.flushHeaders();
  const pings = setInterval(() => response.write('event: ping\n\n'), PING_EVERY_MS);
  const timer = clock.after(seconds * 1_000, () => {
    clearInterval(pings);
    finish((event) => response.end(event));
  });
  response.on('close', () => {
    clearInterval(pings);
    timer.cancel();
  });
}
