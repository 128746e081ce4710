/**
 * What the core wants done, held until the events that it rests on are on disk. Everything leaves in the
 * order in which it was said.
 *
 * The persistence contract stands here, effect by effect, and nowhere else:
 *
 *  - `at-once`: leaves before anything is written. A kill must wait for no disk, and watching a process
 *    promises nothing. After a crash the core asks for both again.
 *  - `when-saved`: leaves when its event, and every event before it, is durable. A grant or an /allow
 *    that was lost in a crash would be a worker that holds a slice and that no allocator knows of.
 *  - `harmless`: leaves when saved, like the others; but while the disk takes nothing it may go ahead,
 *    because it gives nothing away. A refusal and the end of a stream change no account. Should a
 *    release be lost in a crash, its call is charged for at most what it asked for.
 *
 * An event that has no effect with a `requestId` of its own is answered `done` when it is durable.
 */
import type { AllocatorEvent, Effect } from '../core/types.js';

export type Departure = 'at-once' | 'when-saved' | 'harmless';

const DEPARTURES: {
  readonly [T in Exclude<Effect['type'], 'status'>]: Departure;
} = {
  kill: 'at-once',
  watch: 'at-once',
  grant: 'when-saved',
  queue: 'when-saved',
  'stream-grant': 'when-saved',
  begin: 'when-saved',
  'space-registered': 'when-saved',
  'space-refused': 'when-saved',
  refuse: 'harmless',
  'stream-fail': 'harmless',
  record: 'harmless',
  deliver: 'harmless',
};

/** When an effect of this event may leave. */
export function departureOf(event: AllocatorEvent['type'], effect: Effect): Departure {
  if (effect.type !== 'status') return DEPARTURES[effect.type];
  // Only an /allow that succeeds lets somebody use the GPU.
  return event === 'release' || effect.status !== 200 ? 'harmless' : 'when-saved';
}

/** Answers that take something on: without a disk their requests are refused. */
const TAKES_ON: ReadonlySet<Effect['type']> = new Set([
  'grant',
  'stream-grant',
  'begin',
  'queue',
  'space-registered',
  'space-refused',
]);

interface Entry {
  readonly seq: number;
  readonly event: AllocatorEvent['type'];
  effects: readonly Effect[];
}

export interface Outbox {
  /**
   * Carries out what waits for nothing, and keeps the rest until `release`.
   *
   * @returns requests that can't be given what they were to get, because the disk takes nothing
   */
  add(entry: Entry): readonly string[];
  /** Everything up to this event is durable: out with it. */
  release(seq: number): void;
  /**
   * @returns with `true`, the requests that have waited for the disk in vain: they are not answered from
   *   here any more
   */
  setDiskFailing(failing: boolean): readonly string[];
}

/** @param onDone called for each durable event whose effects have all left */
export function createOutbox(
  carryOut: (effect: Effect) => void,
  onDone: (seq: number) => void,
): Outbox {
  const entries: Entry[] = [];
  let durable = 0;
  let failing = false;
  let busy = false;

  function release(seq: number): void {
    durable = Math.max(durable, seq);
    // What is carried out may bring new events: they queue up behind.
    if (busy) return;
    busy = true;
    try {
      for (let first = entries[0]; first && first.seq <= durable; first = entries[0]) {
        entries.shift();
        for (const effect of first.effects) carryOut(effect);
        onDone(first.seq);
      }
    } finally {
      busy = false;
    }
  }

  /** Lets those of one kind leave now, in their order. */
  function letGo(entry: Entry, departure: Departure): void {
    const { effects } = entry;
    const goes = (effect: Effect) => departureOf(entry.event, effect) === departure;
    entry.effects = effects.filter((effect) => !goes(effect));
    for (const effect of effects) if (goes(effect)) carryOut(effect);
  }

  function takeVain(from: readonly Entry[]): string[] {
    const vain: string[] = [];
    for (const entry of from) {
      entry.effects = entry.effects.filter((effect) => {
        if (!('requestId' in effect) || !TAKES_ON.has(effect.type)) return true;
        vain.push(effect.requestId);
        return false;
      });
    }
    return vain;
  }
  return {
    add(entry) {
      letGo(entry, 'at-once');
      entries.push(entry);
      if (!failing) return [];
      letGo(entry, 'harmless');
      return takeVain([entry]);
    },
    release,
    setDiskFailing(next) {
      failing = next;
      if (!failing) return [];
      for (const entry of [...entries]) letGo(entry, 'harmless');
      return takeVain(entries);
    },
  };
}
