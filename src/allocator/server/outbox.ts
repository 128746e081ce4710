/**
 * What the core wants done, held until the events it rests on are on disk. Everything leaves in the
 * order in which it was said.
 *
 * While the disk takes nothing, what promises nothing may go ahead: refusals, the end of a stream,
 * and the answer to a /release. Should that release be lost in a crash, its call is charged for at
 * most what it asked for; a grant or an /allow that was lost would be a worker nobody knows of.
 */
import type { AllocatorEvent, Effect } from '../core/types.js';

interface Entry {
  readonly seq: number;
  readonly event: AllocatorEvent['type'];
  effects: readonly Effect[];
}

export interface Outbox {
  add(entry: Entry): void;
  /** Everything up to this event is durable: out with it. */
  release(seq: number): void;
  /**
   * @returns with `true`, the requests for a GPU that have waited for the disk in vain; they are
   *   not answered from here any more
   */
  setDiskFailing(failing: boolean): readonly string[];
}

export function createOutbox(carryOut: (effect: Effect) => void): Outbox {
  let entries: Entry[] = [];
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
      }
    } finally {
      busy = false;
    }
  }

  function letHarmlessGo(entry: Entry): void {
    const { effects } = entry;
    entry.effects = effects.filter((effect) => !isHarmless(entry, effect));
    for (const effect of effects) if (isHarmless(entry, effect)) carryOut(effect);
  }

  function takeVainRequests(): string[] {
    const vain: string[] = [];
    for (const entry of entries) {
      entry.effects = entry.effects.filter((effect) => {
        if (effect.type !== 'grant' && effect.type !== 'queue') return true;
        vain.push(effect.requestId);
        return false;
      });
    }
    return vain;
  }
  return {
    add(entry) {
      entries.push(entry);
      if (failing) letHarmlessGo(entry);
    },
    release,
    setDiskFailing(next) {
      failing = next;
      if (!failing) return [];
      const waiting = entries;
      entries = [...waiting];
      for (const entry of waiting) letHarmlessGo(entry);
      return takeVainRequests();
    },
  };
}

function isHarmless(entry: Entry, effect: Effect): boolean {
  if (effect.type === 'status') return entry.event === 'release' || effect.status !== 200;
  return effect.type === 'refuse' || effect.type === 'stream-fail' || effect.type === 'record';
}
