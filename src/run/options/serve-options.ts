import { UserError } from '../../shared/errors.js';
import { type HostOptions, parseHostOptions, type RawHostOptions } from './host-options.js';
import { wholeNumber } from './option-values.js';
import { parseOtlpEndpoint } from './otlp-endpoint.js';

/** What commander hands over: every value is text as the user wrote it. */
export interface RawServeOptions extends RawHostOptions {
  readonly concurrency?: string;
  readonly port?: string;
  readonly quiet?: boolean;
  readonly otlp?: string;
  readonly cluster?: string;
  readonly node?: string;
}

/** One `zerogpu serve`, every value checked. */
export interface ServeOptions extends HostOptions {
  /** Slices that one Space may hold at once; null for as many as there are. */
  readonly concurrencyPerSpace: number | null;
  /** Null for the one it last had, or any free one. */
  readonly port: number | null;
  /** No line for each change of each call. */
  readonly quiet: boolean;
  /** Where traces of calls go, `/v1/traces` included; null without `--otlp`. */
  readonly otlpUrl: string | null;
  /** Address of the store of the cluster that this host is a node of, with its password; null for none. */
  readonly cluster: string | null;
  /** Its name there; null for that of the machine. */
  readonly node: string | null;
}

const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** @throws UserError E_USAGE naming the flag, its value and what would do; E_GPU_UNAVAILABLE */
export function parseServeOptions(raw: RawServeOptions, cwd: string): ServeOptions {
  const host = parseHostOptions(raw, cwd);
  refuseBesideCluster(raw, host);
  return {
    ...host,
    concurrencyPerSpace:
      raw.concurrency === undefined ? null : wholeNumber(raw.concurrency, '--concurrency', 1, 128),
    port: raw.port === undefined ? null : wholeNumber(raw.port, '--port', 0, 65_535),
    quiet: raw.quiet ?? false,
    otlpUrl: raw.otlp === undefined ? null : parseOtlpEndpoint(raw.otlp),
    cluster: raw.cluster ?? null,
    node: parseNode(raw),
  };
}

/** Quota time is the store's, and what calls cost has to outlive this process. */
function refuseBesideCluster({ cluster }: RawServeOptions, { speed, fresh }: HostOptions): void {
  if (cluster === undefined || (speed === 1 && !fresh)) return;
  const flag = fresh ? '--fresh' : '--speed';
  throw new UserError('E_USAGE', `${flag} can't be used with --cluster`, {
    why: fresh
      ? 'What calls cost waits in the ledger while the store is away.'
      : 'Quota time is that of the store, for all nodes.',
    fix: `zerogpu serve --cluster redis://HOST   (without ${flag})`,
  });
}

function parseNode({ node, cluster }: RawServeOptions): string | null {
  if (node === undefined) return null;
  if (cluster === undefined) {
    throw new UserError('E_USAGE', '--node needs --cluster', {
      why: 'A node has its name in a cluster.',
      fix: `zerogpu serve --cluster redis://HOST --node ${node}`,
    });
  }
  if (NODE_NAME.test(node)) return node;
  throw new UserError('E_USAGE', `--node is "${node}", which is not a name`, {
    why: 'It has 1 to 63 letters, digits, ".", "_" and "-", and begins with a letter or digit.',
    fix: '--node gpu-1',
  });
}
