import { listenerUid } from '../shared/tcp-table.js';
import type { AppConnections } from './app-connections.js';

/** How the app may name this machine in its own addresses. */
export function hostNames(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

/** Where the app listens, and which user has listened there when it was found. */
export interface Upstream {
  readonly port: number;
  readonly uid: number | null;
}

export function upstreamAt(port: number | null): Upstream | null {
  return port === null ? null : { port, uid: listenerUid(port) };
}

/**
 * The port to forward to; null when there is none, or another user has taken it meanwhile: what visitors
 * send carries their tokens. A connection that is open already needs no look.
 */
export function portOf(
  upstream: Upstream | null,
  connections: AppConnections | null,
): number | null {
  if (upstream === null) return null;
  const { port, uid } = upstream;
  if (uid === null || connections?.hasIdle(port)) return port;
  const now = listenerUid(port);
  return now === null || now === uid ? port : null;
}
