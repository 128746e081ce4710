/** What a look at the driver's figures means. Pure. */
import { formatBytes } from '../../shared/bytes.js';
import type { ProcessId } from '../../shared/host.js';
import type { DeviceHolder } from '../port.js';
import type { Card, ComputeApp } from './parse.js';
import { CONTEXT_BYTES, type NvidiaSlice } from './slices.js';

export interface Look {
  readonly cards: readonly Card[];
  readonly apps: readonly ComputeApp[];
}

export interface LookContext {
  readonly slices: readonly NvidiaSlice[];
  readonly holders: readonly DeviceHolder[];
  /** Roots of the Spaces' process trees. */
  readonly roots: readonly ProcessId[];
  readonly isDescendant: (pid: number, ancestor: ProcessId) => boolean;
}

export interface Verdict {
  /** Bytes that each holder has, its children included; null where the driver does not tell. */
  readonly usedBytes: ReadonlyMap<number, number | null>;
  readonly aborts: readonly {
    readonly holder: DeviceHolder;
    readonly reason: 'over-vram' | 'gpu-lost';
    readonly text: string;
  }[];
  /** Processes of a Space that use a GPU and hold no slice. */
  readonly unleased: readonly ComputeApp[];
  /** UUIDs of cards that are offered and that the driver does not list any more. */
  readonly lost: readonly string[];
}

export function judgeLook(look: Look, context: LookContext): Verdict {
  const { slices, holders, roots, isDescendant } = context;
  const there = new Set(look.cards.map(({ uuid }) => uuid));
  const lost = [...new Set(slices.map(({ cardUuid }) => cardUuid))].filter(
    (uuid) => !there.has(uuid),
  );
  const usedBytes = new Map<number, number | null>();
  const aborts: Verdict['aborts'][number][] = [];
  const held = new Set<ComputeApp>();
  for (const holder of holders) {
    const own = look.apps.filter(({ pid }) => isDescendant(pid, holder.process));
    for (const app of own) held.add(app);
    if (own.length > 0) usedBytes.set(holder.process.pid, sum(own));
    const mine = slices.filter(({ index }) => holder.slices.includes(index));
    const gone = mine.find(({ cardUuid }) => lost.includes(cardUuid));
    const limit = mine.reduce((bytes, { vramBytes }) => bytes + vramBytes + CONTEXT_BYTES, 0);
    const used = usedBytes.get(holder.process.pid) ?? 0;
    const pid = holder.process.pid;
    if (gone) {
      const text = `worker ${pid} is ended: the driver does not list ${gone.cardUuid} any more`;
      aborts.push({ holder, reason: 'gpu-lost', text });
    } else if (mine.length > 0 && used > limit) {
      const text = `worker ${pid} is ended: it holds ${formatBytes(used)} of device memory, ${formatBytes(limit)} is the most that its share allows`;
      aborts.push({ holder, reason: 'over-vram', text });
    }
  }
  const unleased = look.apps.filter(
    (app) => !held.has(app) && roots.some((root) => isDescendant(app.pid, root)),
  );
  return { usedBytes, aborts, unleased, lost };
}

function sum(apps: readonly ComputeApp[]): number | null {
  const known = apps.flatMap(({ usedBytes }) => usedBytes ?? []);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}
