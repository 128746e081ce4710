/**
 * Visitors with connections of their own. A connection has one call at a time, and a name that the allocator's
 * records have: so each record belongs to one call.
 */
import { randomUUID } from 'node:crypto';
import { connectToSpace, type SpaceClient } from '../call/gradio.js';

export interface Connection {
  /** What the records call this client. */
  readonly name: string;
  readonly space: SpaceClient;
}

export interface Connections {
  /** A free connection of the visitor, or one more. @throws UserError E_CALL_UNREACHABLE */
  take(visitor: string): Promise<Connection>;
  /** After its call: the visitor's next one may have it. */
  give(visitor: string, connection: Connection): void;
  close(): void;
}

export function createConnections(url: string): Connections {
  const free = new Map<string, Connection[]>();
  const all: SpaceClient[] = [];
  return {
    async take(visitor) {
      const known = free.get(visitor)?.pop();
      if (known) return known;
      const name = randomUUID();
      const space = await connectToSpace(url, visitor, name);
      all.push(space);
      return { name, space };
    },
    give(visitor, connection) {
      free.set(visitor, [...(free.get(visitor) ?? []), connection]);
    },
    close() {
      for (const space of all) space.close();
    },
  };
}
