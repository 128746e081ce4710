import { schemaNewer } from './failures.js';

/** Raised when a key of the store changes its meaning. */
const STORE_SCHEMA = 1;

type Send = (command: string, ...args: readonly (string | number)[]) => Promise<unknown>;

/**
 * Writes the schema into a store that has none, and compares it with one that has.
 *
 * @throws UserError E_CLUSTER_NEWER
 */
export async function claimSchema(
  send: Send,
  shown: string,
  key: (part: string) => string,
): Promise<void> {
  await send('SET', key('schema'), STORE_SCHEMA, 'NX');
  const found = Number(await send('GET', key('schema')));
  if (!(found <= STORE_SCHEMA)) throw schemaNewer(shown, found, STORE_SCHEMA);
}
