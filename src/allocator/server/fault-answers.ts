import type { Clock } from '../../shared/clock.js';
import type { Tier } from '../core/types.js';
import type { Fault } from './faults.js';
import type { Reply } from './http.js';
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
  reply: Reply,
  clock: Clock,
): Promise<boolean> {
  const headers = tierHeaders(tier);
  const refuse = (result: string, left: number, wait: number) =>
    reply.send(429, { left, wait }, { ...headers, 'x-approve-result': result });
  switch (fault.kind) {
    case 'no-gpu':
      reply.send(503, { detail: 'No GPU (fault)' }, headers);
      return true;
    case 'expired-token':
      reply.send(401, { detail: 'Expired token (fault)' }, headers);
      return true;
    case 'illegal-duration':
      refuse('illegal-duration', 0, -1);
      return true;
    case 'quota':
      refuse('quota-exceeded', 0, 3_600);
      return true;
    case 'runs-limit':
      refuse('runs-exceeded', 0, 0);
      return true;
    case 'pending-credits':
      refuse('pending-overquota-exceeded', 0, 0);
      return true;
    case 'queue-timeout':
      stream(fault, tier, reply, clock, (end) => end('event: failed\n\n'));
      return true;
    case 'broken-stream':
      stream(fault, tier, reply, clock, (_end, cut) => cut());
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
  reply: Reply,
  clock: Clock,
  finish: (end: (event: string) => void, cut: () => void) => void,
): void {
  const response = reply.hijack();
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
    finish(
      (event) => response.end(event),
      () => response.destroy(),
    );
  });
  response.on('close', () => {
    clearInterval(pings);
    timer.cancel();
  });
}
