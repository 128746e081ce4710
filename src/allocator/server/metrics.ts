/** Counters and gauges in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats). */
import type { Snapshot } from '../client/snapshot.js';
import type { CallRecord } from '../core/types.js';

/** Upper bounds of the wait histogram, in seconds; the queue's time-out is 60. */
const WAIT_BOUNDS = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60] as const;

type Card = Snapshot['cards'][number];

/** What real cards tell; one that does not tell has no line. */
const CARD_GAUGES: readonly {
  readonly name: string;
  readonly help: string;
  readonly of: (card: Card) => number | null;
}[] = [
  {
    name: 'zerogpu_card_utilization_ratio',
    help: 'Share of the time in which a kernel ran.',
    of: ({ utilizationPercent }) => (utilizationPercent === null ? null : utilizationPercent / 100),
  },
  {
    name: 'zerogpu_card_memory_used_bytes',
    help: 'Memory in use, by whomever.',
    of: ({ memoryUsedBytes }) => memoryUsedBytes,
  },
  {
    name: 'zerogpu_card_memory_total_bytes',
    help: 'Memory that the card has.',
    of: ({ memoryTotalBytes }) => memoryTotalBytes,
  },
  {
    name: 'zerogpu_card_temperature_celsius',
    help: 'Temperature.',
    of: ({ temperatureCelsius }) => temperatureCelsius,
  },
  {
    name: 'zerogpu_card_power_watts',
    help: 'Power drawn.',
    of: ({ powerWatts }) => powerWatts,
  },
];

type Labels = Readonly<Record<string, string>>;

/** A value that another part of the host has. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly labels?: Labels;
  readonly value: number;
}

/** Counts for as long as the process lives. */
export function createMetrics(gauges: () => readonly Gauge[] = () => []) {
  const refused = new Map<string, number>();
  const ended = new Map<string, number>();
  const waits = { counts: WAIT_BOUNDS.map(() => 0), sum: 0, count: 0 };
  let granted = 0;
  let timedOut = 0;
  let chargedSeconds = 0;

  function add(record: CallRecord): void {
    switch (record.event) {
      case 'granted':
        granted += 1;
        observe(record.waitedSeconds);
        return;
      case 'refused':
        refused.set(record.refusal.kind, (refused.get(record.refusal.kind) ?? 0) + 1);
        return;
      case 'ended':
        ended.set(record.end, (ended.get(record.end) ?? 0) + 1);
        chargedSeconds += record.chargedSeconds;
        return;
      case 'timed-out':
        timedOut += 1;
    }
  }
  function observe(seconds: number): void {
    waits.sum += seconds;
    waits.count += 1;
    WAIT_BOUNDS.forEach((bound, i) => {
      if (seconds <= bound) waits.counts[i] = (waits.counts[i] ?? 0) + 1;
    });
  }

  function render(snapshot: Snapshot): string {
    const text = createText();
    const { slices, queue, visitors, spaces, allocator } = snapshot;
    text.head('zerogpu_calls_granted_total', 'counter', 'Calls that got a GPU.');
    text.value('zerogpu_calls_granted_total', {}, granted);
    text.head('zerogpu_calls_refused_total', 'counter', 'Calls refused before they queued.');
    for (const [kind, n] of refused) text.value('zerogpu_calls_refused_total', { kind }, n);
    text.head('zerogpu_calls_ended_total', 'counter', 'Calls that left the GPU, by how.');
    for (const [end, n] of ended) text.value('zerogpu_calls_ended_total', { end }, n);
    text.head('zerogpu_calls_timed_out_total', 'counter', 'Calls that waited in vain.');
    text.value('zerogpu_calls_timed_out_total', {}, timedOut);
    text.head('zerogpu_charged_seconds_total', 'counter', 'Quota seconds charged.');
    text.value('zerogpu_charged_seconds_total', {}, chargedSeconds);
    text.head('zerogpu_wait_seconds', 'histogram', 'From /schedule to the grant.');
    WAIT_BOUNDS.forEach((bound, i) => {
      text.value('zerogpu_wait_seconds_bucket', { le: String(bound) }, waits.counts[i] ?? 0);
    });
    text.value('zerogpu_wait_seconds_bucket', { le: '+Inf' }, waits.count);
    text.value('zerogpu_wait_seconds_sum', {}, waits.sum);
    text.value('zerogpu_wait_seconds_count', {}, waits.count);
    text.head('zerogpu_queue_length', 'gauge', 'Calls that wait.');
    text.value('zerogpu_queue_length', {}, queue.total);
    text.head('zerogpu_visitors', 'gauge', 'Visitors with a quota account.');
    text.value('zerogpu_visitors', {}, visitors.total);
    text.head('zerogpu_spaces', 'gauge', 'Spaces that run here.');
    text.value('zerogpu_spaces', {}, spaces.length);
    text.head('zerogpu_slice_busy', 'gauge', '1 while a call holds the slice.');
    for (const { index, uuid, call } of slices) {
      text.value('zerogpu_slice_busy', { slice: String(index), uuid }, call ? 1 : 0);
    }
    text.head('zerogpu_slice_memory_bytes', 'gauge', 'Device memory of the worker there.');
    for (const { index, memory } of slices) {
      const labels = { slice: String(index) };
      text.value('zerogpu_slice_memory_bytes', labels, memory?.allocatedBytes ?? 0);
    }
    for (const { name, help, of } of CARD_GAUGES) {
      const told = snapshot.cards.filter((card) => of(card) !== null);
      if (told.length > 0) text.head(name, 'gauge', help);
      for (const card of told) {
        text.value(name, { gpu: String(card.gpu), name: card.name }, of(card) ?? 0);
      }
    }
    text.head('zerogpu_ledger_failing', 'gauge', '1 while the ledger cannot be written.');
    text.value('zerogpu_ledger_failing', {}, allocator.ledger.status === 'failing' ? 1 : 0);
    for (const { name, help, labels, value } of gauges()) {
      text.head(name, 'gauge', help);
      text.value(name, labels ?? {}, value);
    }
    return text.whole();
  }
  return { add, render };
}

export type Metrics = ReturnType<typeof createMetrics>;

function createText() {
  const lines: string[] = [];
  return {
    head(name: string, type: string, help: string): void {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    },
    value(name: string, labels: Labels, value: number): void {
      const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
      lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`);
    },
    whole: () => `${lines.join('\n')}\n`,
  };
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
