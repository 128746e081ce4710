/** Nodes and Spaces of a cluster, as its store has them. */
import * as z from 'zod';
import { type Snapshot, snapshotSchema } from '../../allocator/client/snapshot.js';
import type { StoreConnection } from '../store/connection.js';
import { REGISTRY_KEYS, REGISTRY_TIMES, registryLibrary } from './library.js';
import {
  type ClusterNode,
  type ClusterSpace,
  type ClusterView,
  type NodeFacts,
  nodeFactsSchema,
  placeSchema,
  type SpaceFacts,
  spaceFactsSchema,
} from './records.js';

export type NamedSpace = SpaceFacts & { readonly id: string };

export type BeatAnswer =
  /** An allocator with another state folder has this name. */
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'ok';
      readonly isDrained: boolean;
      /** Spaces that run here and, by what the store knows, on another node too. */
      readonly elsewhere: readonly { readonly id: string; readonly node: string }[];
      /** Spaces whose node is gone, and that wait for a place. */
      readonly lost: readonly string[];
    };

export type AdmitAnswer =
  /** `placedOn`: the node that it was placed on, if any. */
  | { readonly kind: 'ok'; readonly placedOn: string | null }
  | { readonly kind: 'limit'; readonly hosted: number }
  | { readonly kind: 'elsewhere'; readonly node: string }
  | { readonly kind: 'draining' }
  /** The store does not have this node: it has to beat first. */
  | { readonly kind: 'unknown-node' };

export type PlaceAnswer =
  | { readonly kind: 'ok' | 'gone' | 'draining' }
  | { readonly kind: 'limit'; readonly hosted: number }
  /** It runs already. */
  | { readonly kind: 'elsewhere'; readonly node: string }
  /** Another placed it meanwhile. */
  | { readonly kind: 'changed' };

/** Every method throws StoreUnreachable. What is done twice is done once. */
export interface Registry {
  /** A node lives, with these Spaces and no others. */
  beat(
    name: string,
    facts: NodeFacts,
    snapshot: Snapshot | null,
    spaces: readonly NamedSpace[],
  ): Promise<BeatAnswer>;
  /** A node leaves with its Spaces. */
  bye(name: string, identity: string): Promise<void>;
  /** A Space starts on a node, unless its owner hosts `limit` Spaces in the cluster already. */
  admit(
    node: { readonly name: string; readonly identity: string },
    space: NamedSpace,
    limit: number,
    rejoins: boolean,
  ): Promise<AdmitAnswer>;
  /** @param seen the Space's place as it was read; null when the registry did not have it */
  place(space: NamedSpace, limit: number, node: string, seen: string | null): Promise<PlaceAnswer>;
  /** @returns false for a node that is not there */
  drain(name: string, isDrained: boolean): Promise<boolean>;
  list(): Promise<ClusterView>;
  /** @returns the snapshots of those of the nodes that have sent one */
  snapshots(names: readonly string[]): Promise<ReadonlyMap<string, Snapshot>>;
}

export function createRegistry(connection: StoreConnection, times = REGISTRY_TIMES): Registry {
  const library = registryLibrary(times);
  const keys = REGISTRY_KEYS.map((name) => connection.key('registry', name));
  const run = (name: string, ...args: readonly (string | number)[]) =>
    connection.run(library, name, keys, args);
  return {
    async beat(name, facts, snapshot, spaces) {
      const sent = snapshot === null ? '' : JSON.stringify(snapshot);
      const listed = spaces.flatMap((space) => [space.id, factsOf(space)]);
      const head = [name, facts.identity, JSON.stringify(facts), sent];
      return beatAnswer.parse(await run('beat', ...head, ...listed));
    },
    async bye(name, identity) {
      await run('bye', name, identity);
    },
    async admit({ name, identity }, space, limit, rejoins) {
      const said = [space.id, factsOf(space), limit, rejoins ? 1 : 0];
      return admitAnswer.parse(await run('admit', name, identity, ...said));
    },
    async place(space, limit, node, seen) {
      const said = [space.id, factsOf(space), limit, node, seen ?? ''];
      return placeAnswer.parse(await run('place', ...said));
    },
    async drain(name, isDrained) {
      const [answer] = wordAnswer.parse(await run('drain', name, isDrained ? 1 : 0));
      return answer === 'ok';
    },
    async list() {
      return viewOf(listAnswer.parse(await run('list')), times.nodeTtlMs);
    },
    async snapshots(names) {
      const texts = snapshotsAnswer.parse(await run('snapshots', ...names));
      const read = names.map((name, index) => {
        const parsed = snapshotSchema.safeParse(fromJson(texts[index] ?? null));
        return [name, parsed.data ?? null] as const;
      });
      return new Map(read.flatMap(([name, one]) => (one === null ? [] : [[name, one] as const])));
    },
  };
}

/** @returns undefined for text that is not JSON */
function fromJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function factsOf({ owner, ownerKind, name, load }: SpaceFacts): string {
  return JSON.stringify({ owner, ownerKind, name, load });
}

const wordAnswer = z.tuple([z.string()]);
const beatAnswer = z
  .union([
    z.tuple([z.literal('taken')]),
    z.tuple([z.literal('ok'), z.int(), z.array(z.string()), z.array(z.string())]),
  ])
  .transform((answer): BeatAnswer => {
    if (answer[0] === 'taken') return { kind: 'taken' };
    const [, isDrained, elsewhere, lost] = answer;
    const pairs = inGroups(elsewhere, 2).map(([id = '', node = '']) => ({ id, node }));
    return { kind: 'ok', isDrained: isDrained === 1, elsewhere: pairs, lost };
  });
const limitAnswer = z.tuple([z.literal('limit'), z.int()]);
const admitAnswer = z
  .union([
    z.tuple([z.enum(['ok', 'elsewhere']), z.string()]),
    limitAnswer,
    z.tuple([z.enum(['draining', 'unknown-node'])]),
  ])
  .transform((answer): AdmitAnswer => {
    switch (answer[0]) {
      case 'ok':
        return { kind: 'ok', placedOn: answer[1] || null };
      case 'elsewhere':
        return { kind: 'elsewhere', node: answer[1] };
      case 'limit':
        return { kind: 'limit', hosted: answer[1] };
      default:
        return { kind: answer[0] };
    }
  });
const placeAnswer = z
  .union([
    limitAnswer,
    z.tuple([z.literal('elsewhere'), z.string()]),
    z.tuple([z.enum(['ok', 'gone', 'draining', 'changed'])]),
  ])
  .transform((answer): PlaceAnswer => {
    if (answer[0] === 'limit') return { kind: 'limit', hosted: answer[1] };
    if (answer[0] === 'elsewhere') return { kind: 'elsewhere', node: answer[1] };
    return { kind: answer[0] };
  });
const snapshotsAnswer = z.array(z.string().nullable());
const listAnswer = z.tuple([
  z.number(),
  z.array(z.string()),
  z.array(z.string()),
  z.array(z.string()),
  z.array(z.string()),
]);

function viewOf(
  [at, nodeTexts, drained, spaceTexts, goneTexts]: z.infer<typeof listAnswer>,
  nodeTtlMs: number,
): ClusterView {
  const names = inGroups(nodeTexts, 3).map(([name = '']) => name);
  const nodes: ClusterNode[] = [];
  const spaces: ClusterSpace[] = [];
  const unreadable: string[] = [];
  for (const [name = '', text = '', goneAt = ''] of inGroups(nodeTexts, 3)) {
    const facts = nodeFactsSchema.safeParse(fromJson(text)).data;
    const goneInSeconds = (Number(goneAt) - at) / 1_000;
    const beatAgeSeconds = Math.max(0, nodeTtlMs - (Number(goneAt) - at)) / 1_000;
    const isDrained = drained.includes(name);
    if (facts) nodes.push({ ...facts, name, isDrained, goneInSeconds, beatAgeSeconds });
    else unreadable.push(name);
  }
  for (const [id = '', text = '', seen = ''] of inGroups(spaceTexts, 3)) {
    const facts = spaceFactsSchema.safeParse(fromJson(text)).data;
    const place = placeSchema.safeParse(fromJson(seen)).data;
    const forSeconds = (at - (place?.atMs ?? at)) / 1_000;
    if (facts && place) spaces.push({ ...facts, id, place, seen, forSeconds });
    else unreadable.push(id);
  }
  const byName = (a: string, b: string) => (a < b ? -1 : 1);
  const gone = inGroups(goneTexts, 2).map(([name = '', beatAt = '']) => ({
    name,
    beatAgeSeconds: (at - Number(beatAt)) / 1_000,
  }));
  return {
    atMs: at,
    nodes: nodes.toSorted((a, b) => byName(a.name, b.name)),
    gone: gone.toSorted((a, b) => byName(a.name, b.name)),
    spaces: spaces.toSorted((a, b) => byName(a.id, b.id)),
    absentDrained: drained.filter((name) => !names.includes(name)).toSorted(byName),
    unreadable,
  };
}

function inGroups(flat: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(flat.length / size) }, (_, index) =>
    flat.slice(index * size, (index + 1) * size),
  );
}
