import { hasConnectionFrom } from '../../shared/tcp-table.js';
import type { HostedSpace } from '../core/types.js';

/**
 * Which Space's app holds the other end of a connection. A startup report names no Space: on the platform each
 * container has a device API of its own.
 *
 * @param port of the client's end
 * @returns the Space's id; the only Space of this host when there is but one; else null when it can't be seen
 */
export function spaceOfClient(
  spaces: Iterable<Pick<HostedSpace, 'id' | 'root'>>,
  port: number | null,
): string | null {
  const all = [...spaces];
  if (all.length === 1) return all[0]?.id ?? null;
  if (port === null) return null;
  const owner = all.find(({ root }) => root !== null && hasConnectionFrom(root.pid, port));
  return owner?.id ?? null;
}
