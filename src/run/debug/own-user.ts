/** A debug port runs any code as this user: only processes of this user, and root's, get in. */
import type { Socket } from 'node:net';
import { uidOfPeer } from '../../shared/tcp-table.js';

export function isOwnUser({ localPort, remotePort }: Pick<Socket, 'localPort' | 'remotePort'>) {
  if (localPort === undefined || remotePort === undefined) return false;
  return mayDebug(uidOfPeer(localPort, remotePort), process.getuid?.() ?? null);
}

/** @param peer user id of the process at the other end; null when it can't be seen */
export function mayDebug(peer: number | null, own: number | null): boolean {
  return peer !== null && (peer === 0 || peer === own);
}
