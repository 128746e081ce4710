import type { Clock } from '../../shared/clock.js';
import type { FaultRefusal } from '../core/events.js';
import type { Tier } from '../core/types.js';
import { openEventStream } from './event-stream.js';
import type { Fault, FaultKind } from './faults.js';
import type { Reply } from './http.js';
import { tierHeaders } from './wire.js';

const PING_EVERY_MS = 500;

/** The faults that are refusals: the core's own kinds, so that both have one form on the wire. */
const REFUSALS: Partial<Record<FaultKind, FaultRefusal>> = {
  'no-gpu': { kind: 'no-gpu', leftSeconds: 0, waitSeconds: 0 },
  'expired-token': { kind: 'expired-token', leftSeconds: 0, waitSeconds: 0 },
  'illegal-duration': { kind: 'illegal-duration', leftSeconds: 0, waitSeconds: -1 },
  quota: { kind: 'quota-exceeded', leftSeconds: 0, waitSeconds: 3_600 },
  'runs-limit': { kind: 'runs-exceeded', leftSeconds: 0, waitSeconds: 0 },
  'pending-credits': { kind: 'pending-credits', leftSeconds: 0, waitSeconds: 0 },
};

/** What the core refuses the call with; null for a fault of another kind. */
export const refusalOfFault = ({ kind }: Fault): FaultRefusal | null => REFUSALS[kind] ?? null;

/**
 * Answers a /schedule with a fault that is not a refusal, as the platform would (the package's client.py reads these).
 *
 * @returns false when the call is to go on as usual, now or after a while
 */
export async function answerWithFault(
  fault: Fault,
  tier: Tier,
  reply: Reply,
  clock: Clock,
): Promise<boolean> {
  switch (fault.kind) {
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
  openEventStream(response, { 'x-queuing-reason': 'node', ...tierHeaders(tier) });
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
