/** Effects as short lines. Numbers have their unit; records begin with the call's number. */
import type { CallRecord, Effect, Grant } from '../../../src/allocator/core/types.js';
import { refusalAnswer } from '../../../src/allocator/server/wire.js';

export function describeEffect(effect: Effect): string {
  switch (effect.type) {
    case 'grant':
      return `answer ${effect.requestId} (${effect.tier}): 200 ${describeGrant(effect.grant)}`;
    case 'stream-grant':
      return `stream ${effect.requestId}: succeeded ${describeGrant(effect.grant)}`;
    case 'stream-fail':
      return `stream ${effect.requestId}: failed`;
    case 'queue':
      return `answer ${effect.requestId} (${effect.tier}): stream, reason ${effect.reason}`;
    case 'refuse': {
      const { status, headers, body } = refusalAnswer(effect.refusal, effect.tier);
      const result = headers['x-approve-result'];
      const said = 'left' in body ? `left ${body.left}s wait ${body.wait}s` : body.detail;
      const words = [status, ...(result === undefined ? [] : [result]), said].join(' ');
      return `answer ${effect.requestId} (${effect.tier}): ${words}`;
    }
    case 'space-registered':
      return `answer ${effect.requestId}: registered`;
    case 'space-refused':
      return `answer ${effect.requestId}: refused, ${effect.hosted} of ${effect.limit} hosted`;
    case 'status':
      return `answer ${effect.requestId}: ${effect.status}`;
    case 'watch':
      return `watch pid ${effect.process.pid}`;
    case 'kill':
      return `kill pid ${effect.process.pid} (${effect.why})`;
    case 'begin':
      return `ask the shared store about ${effect.requestId}`;
    case 'deliver':
      return 'deliver to the shared store';
    case 'record':
      return `#${effect.record.call} ${describeRecord(effect.record)}`;
  }
}

function describeGrant(grant: Grant): string {
  return `slice ${grant.nvidiaIndex} ${grant.idle ? 'idle' : 'cold'}`;
}

function describeRecord(record: CallRecord): string {
  switch (record.event) {
    case 'refused': {
      const { kind, requestedSeconds, longestSeconds } = record.refusal;
      return `refused ${kind}: ${seconds(requestedSeconds)} of at most ${seconds(longestSeconds)}`;
    }
    case 'queued':
      return `queued at ${record.position}, reason ${record.reason}`;
    case 'granted': {
      const worker = record.warm ? 'warm' : 'cold';
      return `granted slice ${record.nvidiaIndex} ${worker} after ${seconds(record.waitedSeconds)}`;
    }
    case 'allowed':
      return `allowed pid ${record.process.pid}`;
    case 'killing':
      return `killing: ${record.reason}`;
    case 'ended': {
      const left = `left ${seconds(record.leftBeforeSeconds)} -> ${seconds(record.leftAfterSeconds)}`;
      const used = `used ${seconds(record.usedSeconds)} charged ${seconds(record.chargedSeconds)}`;
      return `ended ${record.end}: ${used} ${left}`;
    }
    case 'timed-out':
    case 'abandoned':
      return `${record.event} after ${seconds(record.waitedSeconds)}`;
  }
}

/** Milliseconds are the finest that the core counts in. */
export function seconds(value: number): string {
  return `${Math.round(value * 1000) / 1000}s`;
}
