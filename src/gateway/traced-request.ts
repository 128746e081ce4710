/** What a trace needs of a visitor's request. */
import type { IncomingMessage } from 'node:http';
import type { VisitorRequest } from '../allocator/core/types.js';
import { TRACEPARENT } from '../allocator/server/visitor-tokens.js';

/**
 * The request as calls that it brings name it. Only what can bring a call has one, since its token is signed for it
 * alone: POST, and an upgrade (Gradio 3).
 *
 * @param nowMs milliseconds since 1970
 */
export function tracedRequest(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  nowMs: number,
): { readonly request?: VisitorRequest } {
  if (method !== 'POST' && headers.upgrade === undefined) return {};
  const { traceparent } = headers;
  const isKnown = typeof traceparent === 'string' && TRACEPARENT.test(traceparent);
  return { request: { atMs: nowMs, traceparent: isKnown ? traceparent : null } };
}
