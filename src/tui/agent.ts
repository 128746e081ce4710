/** `quota --format agent`: a line for each thing, `name=value`, in seconds; the next command at the end. */
import type {
  Snapshot,
  SnapshotQueueEntry,
  SnapshotSlice,
  SnapshotVisitor,
} from '../allocator/client/snapshot.js';
import { printableLine } from '../shared/printable.js';

export function agentQuota({ allocator, slices, queue, visitors }: Snapshot): string {
  const busy = slices.filter(({ call }) => call !== null);
  const head = [
    `allocator ${allocator.kind}`,
    `platform=${allocator.platform.name}`,
    `slices=${slices.length}`,
    `running=${busy.length}`,
    `waiting=${queue.total}`,
    `visitors=${visitors.total}`,
    `ledger=${allocator.ledger.status}`,
  ].join(' ');
  const left = visitors.entries.map(visitorLine);
  return [head, ...busy.map(sliceLine), ...queue.entries.map(queueLine), ...left]
    .map((line) => `${printableLine(line)}\n`)
    .join('');
}

function sliceLine({ call, use, forSeconds, deadlineInSeconds }: SnapshotSlice): string {
  if (call === null) return '';
  const times = [
    ...(forSeconds === null ? [] : [`for_s=${tenths(forSeconds)}`]),
    ...(deadlineInSeconds === null ? [] : [`killed_in_s=${tenths(deadlineInSeconds)}`]),
  ];
  return [
    `${use} #${call.call} ${call.visitor} ${call.function}`,
    `asked_s=${tenths(call.askedSeconds)}`,
    ...times,
    '| next: zerogpu logs',
  ].join(' ');
}

function queueLine(entry: SnapshotQueueEntry): string {
  return [
    `waiting #${entry.call} ${entry.visitor} ${entry.function}`,
    `position=${entry.position}`,
    `waited_s=${tenths(entry.waitedSeconds)}`,
    `reason=${entry.reason}`,
    `times_out_in_s=${tenths(entry.timesOutInSeconds)}`,
    '| next: zerogpu quota',
  ].join(' ');
}

export function visitorLine(visitor: SnapshotVisitor): string {
  const { nextDefaultCall, runsLimit } = visitor;
  const next = nextDefaultCall === null ? 'zerogpu call --list' : 'zerogpu run --fresh';
  return [
    `visitor ${visitor.visitor} tier=${visitor.tier}`,
    `used_s=${tenths(visitor.usedSeconds)}`,
    `left_s=${tenths(visitor.leftSeconds)}`,
    ...(visitor.resetsAt === null ? [] : [`resets_at=${visitor.resetsAt}`]),
    ...(runsLimit === null ? [] : [`runs=${visitor.runs}/${runsLimit}`]),
    `next_default_call=${nextDefaultCall ?? 'granted'}`,
    `| next: ${next}`,
  ].join(' ');
}

const tenths = (seconds: number): string => String(Math.round(seconds * 10) / 10);
