/** A cluster without a terminal: tables that other programs can cut, and lines for a coding agent. */
import type {
  ClusterSnapshot,
  ClusterSnapshotNode,
} from '../../allocator/client/cluster-snapshot.js';
import { printableLine } from '../../shared/printable.js';
import { agentQuota, visitorLine } from '../agent.js';
import { printable } from '../lines.js';
import { quotaTable } from '../plain.js';
import { whyWaiting } from '../words.js';

const HEAD = ['node', 'state', 'call', 'function', 'visitor', 'asked_s', 'for_s', 'why'];

/**
 * The quotas as `zerogpu quota --once` prints them, an empty line, and each slice and waiting call of each node;
 * tab-separated, seconds as numbers.
 */
export function clusterTables({ visitors, nodes }: ClusterSnapshot): string {
  const rows = [HEAD, ...nodes.flatMap(nodeRows)];
  const table = rows.map((cells) => `${cells.map(printable).join('\t')}\n`).join('');
  return `${quotaTable(visitors)}\n${table}`;
}

function nodeRows(node: ClusterSnapshotNode): readonly (readonly string[])[] {
  const { name, state, snapshot, lastBeatAt } = node;
  if (!snapshot) return [[name, state, '', '', '', '', '', `last beat at ${lastBeatAt}`]];
  const slices = snapshot.slices.map(({ use, lost, call, warm, forSeconds }) => [
    ...[name, lost ? 'lost' : use, call === null ? '' : String(call.call)],
    ...[call?.function ?? warm?.function ?? '', call?.visitor ?? ''],
    ...[call === null ? '' : tenths(call.askedSeconds)],
    ...[
      forSeconds === null ? '' : tenths(forSeconds),
      state === 'drained' ? 'node is drained' : '',
    ],
  ]);
  const queue = snapshot.queue.entries.map((entry) => [
    ...[name, 'waiting', String(entry.call), entry.function, entry.visitor],
    ...[tenths(entry.askedSeconds), tenths(entry.waitedSeconds), whyWaiting(entry)],
  ]);
  return [...slices, ...queue];
}

/** `zerogpu quota --cluster --format agent`: each node as `quota` prints an allocator, behind a line with its name. */
export function agentCluster({ nodes, visitors }: ClusterSnapshot): string {
  const lines = nodes.map((node) => {
    const { name, state, lastBeatAt, snapshot } = node;
    const head = `node ${name} ${state} last_beat_at=${lastBeatAt} | next: zerogpu nodes`;
    const own = snapshot && { ...snapshot, visitors: { ...snapshot.visitors, entries: [] } };
    return `${printableLine(head)}\n${own ? agentQuota(own) : ''}`;
  });
  return [...lines, ...visitors.map((one) => `${printableLine(visitorLine(one))}\n`)].join('');
}

const tenths = (seconds: number): string => String(Math.round(seconds * 10) / 10);
