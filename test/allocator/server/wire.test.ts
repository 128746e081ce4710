import { describe, expect, it } from 'vitest';
import type { RefusalKind } from '../../../src/allocator/core/types.js';
import { APPROVE_RESULTS, refusalAnswer } from '../../../src/allocator/server/wire.js';

const RESULTS: Readonly<Record<RefusalKind, string>> = {
  'expired-token': '401',
  'illegal-duration': '429 illegal-duration',
  'quota-exceeded': '429 quota-exceeded',
  'pending-credits': '429 pending-overquota-exceeded',
  'runs-exceeded': '429 runs-exceeded',
  'no-gpu': '503',
  stopping: '503',
};

describe('a refusal on the wire', () => {
  it.each(Object.entries(RESULTS))('of kind %s is %s', (kind, wire) => {
    const refusal = { kind: kind as RefusalKind, leftSeconds: 7, waitSeconds: 60 };
    const { status, headers, body } = refusalAnswer(refusal, 'pro');
    const result = headers['x-approve-result'];
    expect([status, ...(result ? [result] : [])].join(' ')).toBe(wire);
    expect(headers['x-authenticated']).toBe('pro');
    if (status !== 429) return;
    // The package raises on a result that it does not know (pydantic, spaces/zero/api.py).
    expect(APPROVE_RESULTS).toContain(result);
    expect(body).toEqual({ left: 7, wait: 60 });
  });
});
