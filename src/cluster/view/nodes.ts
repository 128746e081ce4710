/** `zerogpu nodes`: the GPU hosts of a cluster, and which of them take further Spaces. */
import { EXIT, UserError } from '../../shared/errors.js';
import type { ClusterNode, ClusterView } from '../registry/records.js';
import {
  agentLine,
  type ClusterWorld,
  formatOf,
  type RawClusterOptions,
  tenths,
  withRegistry,
  writeTable,
} from './open.js';

/** @returns the exit code: 3 when there is no node */
export async function nodes(raw: RawClusterOptions, world: ClusterWorld): Promise<number> {
  const format = formatOf(raw, world.env);
  const view = await withRegistry(raw, world, 'zerogpu nodes', (registry) => registry.list());
  const { stdout, stderr } = world;
  for (const name of view.unreadable) {
    stderr.write(`warn ${name} was written by another version of zerogpu, and is left out\n`);
  }
  if (format === 'json') stdout.write(`${JSON.stringify(nodesObject(view))}\n`);
  else if (format === 'agent') stdout.write(view.nodes.map(nodeLine).join(''));
  else if (view.nodes.length === 0) stderr.write('The cluster has no node.\n');
  else writeTable(nodeRows(view, stdout.isTTY === true), stdout);
  return view.nodes.length === 0 ? EXIT.cannot : EXIT.ok;
}

/** @throws UserError E_NODE_UNKNOWN */
export async function drainNode(
  name: string,
  isDrained: boolean,
  raw: RawClusterOptions,
  world: ClusterWorld,
): Promise<number> {
  const command = `zerogpu nodes ${isDrained ? 'drain' : 'undrain'} ${name}`;
  await withRegistry(raw, world, command, async (registry) => {
    if (await registry.drain(name, isDrained)) return;
    throw new UserError('E_NODE_UNKNOWN', `the cluster has no node ${name}`, {
      why: 'No node of that name has reported within the last 10 s.',
      fix: 'zerogpu nodes',
      exitCode: EXIT.cannot,
    });
  });
  world.stderr.write(
    isDrained
      ? `${name} takes no further Space; those that run there go on. Undo: zerogpu nodes undrain ${name}\n`
      : `${name} takes Spaces again\n`,
  );
  return EXIT.ok;
}

const stateOf = ({ isDrained }: ClusterNode) => (isDrained ? 'drained' : 'ready');

/** The form of `--json`: version 1; fields may be added within it. */
function nodesObject({ nodes: list, absentDrained }: ClusterView): object {
  return {
    version: 1,
    nodes: list.map((one) => {
      const { identity: _, isDrained: __, load, ...node } = one;
      const { busySlices: offeredSlices, callsPerSecond } = load;
      return { ...node, state: stateOf(one), offeredSlices, callsPerSecond };
    }),
    absentDrained,
  };
}

function nodeRows({ nodes: list, absentDrained }: ClusterView, isForPeople: boolean) {
  const head = ['node', 'state', 'host', 'gpus', 'slices', 'running', 'waiting', 'offered'];
  const share = ({ load, slices }: ClusterNode) =>
    isForPeople
      ? `${Math.round((100 * load.busySlices) / Math.max(1, slices))} %`
      : String(tenths(load.busySlices));
  const seconds = (value: number | null) =>
    value === null ? '' : `${tenths(value)}${isForPeople ? ' s' : ''}`;
  return [
    [...head, isForPeople ? 'wait p95' : 'wait_p95_s', 'spaces', 'version'],
    ...list.map((node) => [
      ...[node.name, stateOf(node), node.host, String(node.gpus), String(node.slices)],
      ...[String(node.runningCalls), String(node.waitingCalls), share(node)],
      ...[seconds(node.waitP95Seconds), String(node.spaces), node.zerogpuVersion],
    ]),
    ...absentDrained.map((name) => [name, 'drained, not there', ...Array(9).fill('')]),
  ];
}

function nodeLine(node: ClusterNode): string {
  const next = node.isDrained
    ? `zerogpu nodes undrain ${node.name}`
    : `zerogpu spaces --node ${node.name}`;
  const { gpus, slices, load, waitP95Seconds } = node;
  return agentLine(
    `node ${node.name} ${stateOf(node)}`,
    {
      ...{ gpus, slices, running: node.runningCalls, waiting: node.waitingCalls },
      ...{ offered: tenths(load.busySlices), spaces: node.spaces },
      ...(waitP95Seconds === null ? {} : { wait_p95_s: tenths(waitP95Seconds) }),
    },
    next,
  );
}
