/** The registry for a command that looks at a cluster, and the forms in which it answers. */
import { isAgent } from '../../shared/agent.js';
import { alignColumns } from '../../shared/columns.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { printableLine } from '../../shared/printable.js';
import type { World } from '../../shared/world.js';
import { createRegistry, type Registry } from '../registry/registry.js';
import { parseStoreAddress } from '../store/address.js';
import { connectStore, type StoreConnection } from '../store/connection.js';
import { StoreUnreachable } from '../store/failures.js';

export interface RawClusterOptions {
  readonly cluster?: string;
  readonly json?: boolean;
  readonly format?: string;
}

export type ClusterWorld = Pick<World, 'env' | 'stdout' | 'stderr'>;

/**
 * @param command for the error's way out
 * @throws UserError E_USAGE without an address, E_CLUSTER_UNREACHABLE, E_CLUSTER_SIGN_IN, E_CLUSTER_NEWER
 */
export async function withRegistry<T>(
  { cluster }: RawClusterOptions,
  { env }: ClusterWorld,
  command: string,
  use: (registry: Registry, store: StoreConnection) => Promise<T>,
): Promise<T> {
  if (cluster === undefined) {
    throw new UserError('E_USAGE', '--cluster is missing', {
      why: 'Nodes and Spaces of a cluster are in its store.',
      fix: [`${command} --cluster redis://HOST:PORT`, 'export ZEROGPU_CLUSTER=redis://HOST:PORT'],
    });
  }
  const connection = await connectStore(parseStoreAddress(cluster, env));
  try {
    return await use(createRegistry(connection), connection);
  } catch (error) {
    if (!(error instanceof StoreUnreachable)) throw error;
    throw new UserError('E_CLUSTER_UNREACHABLE', error.message, {
      fix: `${command} --cluster redis://HOST:PORT`,
      exitCode: EXIT.cannot,
      cause: error,
    });
  } finally {
    connection.close();
  }
}

export type Format = 'table' | 'json' | 'agent';
const FORMATS: readonly Format[] = ['table', 'json', 'agent'];

/** @throws UserError E_USAGE */
export function formatOf({ json, format }: RawClusterOptions, env: World['env']): Format {
  if (json) return 'json';
  if (format === undefined) return isAgent(env) ? 'agent' : 'table';
  const known = FORMATS.find((one) => one === format);
  if (known) return known;
  throw new UserError('E_USAGE', `--format is "${format}", which it does not know`, {
    why: `It takes ${FORMATS.join(', ')}.`,
    fix: '--format table',
  });
}

/** Rows for people on a terminal, else separated by tabs. */
export function writeTable(
  rows: readonly (readonly string[])[],
  stdout: ClusterWorld['stdout'],
): void {
  const printable = rows.map((row) => row.map(printableLine));
  const lines =
    stdout.isTTY === true ? alignColumns(printable) : printable.map((row) => row.join('\t'));
  stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** One line a thing: its kind and name, then `name=value`, then the next command. */
export function agentLine(
  what: string,
  values: Readonly<Record<string, string | number>>,
  next: string,
): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return `${printableLine([what, ...pairs, `| next: ${next}`].join(' '))}\n`;
}

export const tenths = (value: number): number => Math.round(value * 10) / 10;
