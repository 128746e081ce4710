/** A cluster for a screen reader: one sentence a line. */
import type { ClusterSnapshotNode } from '../../allocator/client/cluster-snapshot.js';
import { printable } from '../lines.js';
import { visitorName } from '../panel-list.js';
import { SLICE_WORDS, timeOfDay, wholeSeconds, whyWaiting } from '../words.js';
import type { ClusterViewState } from './controller.js';
import { CLUSTER_HELP } from './ui-state.js';
import { type ClusterModel, goneText } from './view-model.js';

/** As many visitors as somebody listens to. */
const READ_OUT = 10;

/** What is on the page of the model, in words. */
export function clusterSentences(
  { cluster, ui, problem }: ClusterViewState,
  { panels, page, pages }: ClusterModel,
): readonly string[] {
  if (ui.help) return CLUSTER_HELP.map(([keys, what]) => `${keys}: ${what}.`);
  const shown = new Set(panels.map(({ id }) => id));
  const nodes = cluster.nodes.filter(({ name }) => shown.has(`node:${name}`));
  const quotas = shown.has('quota') ? cluster.visitors.slice(0, READ_OUT) : [];
  return [
    ...(problem === null
      ? []
      : [`The store does not answer; this is from ${timeOfDay(cluster.at)}.`]),
    ...(ui.paused ? ['Paused.'] : []),
    ...nodes.flatMap(nodeSentences),
    ...quotas.map(
      ({ visitor, leftSeconds }) =>
        `Quota of ${visitorName(visitor)}: ${wholeSeconds(leftSeconds)} left.`,
    ),
    `Page ${page + 1} of ${pages}. Press question mark for the keys.`,
  ];
}

function nodeSentences(node: ClusterSnapshotNode): readonly string[] {
  const { state, snapshot } = node;
  const name = printable(node.name);
  if (!snapshot) return [`Node ${name}: ${state}, ${goneText(node)}.`];
  const { slices, queue } = snapshot;
  const running = slices.flatMap(({ index, use, call, forSeconds }) =>
    call === null
      ? []
      : [
          `Slice ${index} of ${name}: call ${call.call}, ${printable(call.function)} of ${visitorName(call.visitor)}, ${SLICE_WORDS[use]}, ${wholeSeconds(forSeconds ?? 0)} of ${wholeSeconds(call.askedSeconds)}.`,
        ],
  );
  const [next] = queue.entries;
  return [
    `Node ${name}: ${state}, ${running.length} of ${slices.length} slices with a call, ${queue.total} waiting.`,
    ...running,
    ...(next ? [`Next on ${name}: call ${next.call}, ${whyWaiting(next)}.`] : []),
  ];
}
