/** `zerogpu spaces`: the Spaces of a cluster, and on which node one should start. */
import { hostingLimit } from '../../allocator/core/spaces.js';
import { loadProfile } from '../../platform/index.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { loadOfNewcomer, rankFor } from '../registry/choose.js';
import { type ClusterSpace, type ClusterView, clusterSpaceId } from '../registry/records.js';
import type { NamedSpace, Registry } from '../registry/registry.js';
import {
  agentLine,
  type ClusterWorld,
  formatOf,
  type RawClusterOptions,
  tenths,
  withRegistry,
  writeTable,
} from './open.js';

export interface RawSpacesOptions extends RawClusterOptions {
  readonly node?: string;
}

/** @returns the exit code: 0 also when there is none */
export async function spaces(raw: RawSpacesOptions, world: ClusterWorld): Promise<number> {
  const format = formatOf(raw, world.env);
  const view = await withRegistry(raw, world, 'zerogpu spaces', (registry) => registry.list());
  const list = view.spaces.filter(({ place }) => raw.node === undefined || place.node === raw.node);
  const { stdout, stderr } = world;
  if (format === 'json') {
    stdout.write(`${JSON.stringify({ version: 1, spaces: list.map(spaceObject) })}\n`);
  } else if (format === 'agent') stdout.write(list.map(spaceLine).join(''));
  else if (list.length === 0) stderr.write('No Space runs or is expected there.\n');
  else writeTable(spaceRows(list), stdout);
  return EXIT.ok;
}

function spaceObject({ id, owner, ownerKind, name, place, forSeconds, load }: ClusterSpace) {
  return {
    ...{ id, owner, ownerKind, name, state: place.state, node: place.node || null },
    ...{ from: place.from || null, forSeconds, offeredSlices: load.busySlices },
    callsPerSecond: load.callsPerSecond,
  };
}

function spaceRows(list: readonly ClusterSpace[]) {
  return [
    ['space', 'state', 'node', 'from', 'for_s', 'offered_slices'],
    ...list.map(({ id, place, forSeconds, load }) => [
      ...[id, place.state, place.node, place.from],
      ...[String(Math.round(forSeconds)), String(tenths(load.busySlices))],
    ]),
  ];
}

function spaceLine({ id, place, load }: ClusterSpace): string {
  const values = { node: place.node || '-', offered: tenths(load.busySlices) };
  const next = place.state === 'lost' ? `zerogpu spaces place ${id}` : 'zerogpu nodes';
  return agentLine(`space ${id} ${place.state}`, values, next);
}

/** A node for a Space, and what else could have been. */
interface Placed {
  readonly node: string;
  /** It runs or is expected there already. */
  readonly isThere: boolean;
  readonly ranked: ReturnType<typeof rankFor>;
}

const TRIES = 3;

/**
 * Prints the node that a Space should start on, and expects it there for ten minutes. A Space that runs stays
 * where it is, and one that is expected too, unless that node is drained or gone.
 *
 * @param text `OWNER/NAME`, `free:OWNER/NAME` or `org:OWNER/NAME`
 * @throws UserError E_USAGE, E_HOSTING_LIMIT, E_SPACE_UNPLACED
 */
export async function placeSpace(
  text: string,
  raw: RawClusterOptions,
  world: ClusterWorld,
): Promise<number> {
  const format = formatOf(raw, world.env);
  const asked = parseSpace(text);
  const command = `zerogpu spaces place ${text}`;
  const { node, isThere, ranked } = await withRegistry(raw, world, command, (registry) =>
    findPlace(registry, asked),
  );
  const { stdout, stderr } = world;
  if (format === 'json') {
    stdout.write(`${JSON.stringify({ version: 1, space: asked.id, node, isThere, ranked })}\n`);
    return EXIT.ok;
  }
  if (format === 'agent') {
    stdout.write(agentLine(`space ${asked.id}`, { node }, `zerogpu run   (on ${node})`));
    return EXIT.ok;
  }
  stdout.write(`${node}\n`);
  const best = ranked.find(({ name }) => name === node);
  const busy = best ? `, ${Math.round(100 * best.busy)} % of its slices busy` : '';
  const wait = best ? `: mean wait ${tenths(best.waitSeconds)} s${busy}` : '';
  stderr.write(isThere ? `${asked.id} is there already\n` : `${asked.id} starts there${wait}\n`);
  return EXIT.ok;
}

async function findPlace(registry: Registry, asked: NamedSpace): Promise<Placed> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const view = await registry.list();
    const known = view.spaces.find(({ id }) => id === asked.id);
    const space = known ?? { ...asked, load: loadOfNewcomer(view) };
    const profile = loadProfile(view.nodes[0]?.platform ?? 'h200');
    const ranked = rankFor(view, space.id, space.load, profile.queue.timeoutSeconds);
    if (known && isGood(view, known)) return { node: known.place.node, isThere: true, ranked };
    const [best] = ranked;
    if (!best) throw unplaced(view);
    const limit = hostingLimit(profile, space.ownerKind);
    const answer = await registry.place(space, limit, best.name, known?.seen ?? null);
    if (answer.kind === 'ok') return { node: best.name, isThere: false, ranked };
    if (answer.kind === 'elsewhere') return { node: answer.node, isThere: true, ranked };
    if (answer.kind === 'limit') {
      throw new UserError(
        'E_HOSTING_LIMIT',
        `${space.owner} hosts ${answer.hosted} Spaces already`,
        {
          why: `The platform lets this ${space.ownerKind} account host ${limit}, on all nodes together.`,
          fix: ['zerogpu spaces', 'stop one of the others'],
          exitCode: EXIT.cannot,
        },
      );
    }
  }
  throw unplaced({ nodes: [] });
}

/** It runs, or is expected on a node that is there and takes Spaces. */
function isGood({ nodes }: ClusterView, { place }: ClusterSpace): boolean {
  if (place.state === 'running') return true;
  const node = nodes.find(({ name }) => name === place.node);
  return place.state === 'placed' && node !== undefined && !node.isDrained;
}

function unplaced({ nodes }: Pick<ClusterView, 'nodes'>): UserError {
  return new UserError('E_SPACE_UNPLACED', 'no node may take the Space', {
    why: nodes.length === 0 ? 'The cluster has no node.' : 'Every node is drained.',
    fix: ['zerogpu nodes', 'zerogpu nodes undrain NODE'],
    exitCode: EXIT.cannot,
  });
}

const KINDS = { free: 'free', org: 'organization', pro: 'pro' } as const;

function parseSpace(text: string): NamedSpace {
  const match = /^(?:(free|org|pro):)?([^/\s:]{1,100})\/([^/\s]{1,100})$/.exec(text);
  if (!match) {
    throw new UserError('E_USAGE', `"${text}" is not a Space`, {
      why: 'A Space is OWNER/NAME, free:OWNER/NAME or org:OWNER/NAME.',
      fix: 'zerogpu spaces place ada/chat',
    });
  }
  const [, kind = 'pro', owner = '', name = ''] = match;
  const load = { callsPerSecond: 0, busySlices: 0, squaredSeconds: 0 };
  const ownerKind = KINDS[kind as keyof typeof KINDS];
  return { id: clusterSpaceId(owner, name), owner, name, ownerKind, load };
}
