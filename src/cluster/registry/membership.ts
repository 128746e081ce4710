/**
 * A GPU host as a node of a cluster: it says every few seconds that it lives and what runs there, asks before
 * a Space starts, and gives Spaces of nodes that are gone another place.
 */
import { hostname } from 'node:os';
import type { Snapshot } from '../../allocator/client/snapshot.js';
import type { AllocatorState, CallRecord } from '../../allocator/core/types.js';
import type {
  AskingSpace,
  ClusterHost,
  ClusterRefusal,
} from '../../allocator/server/cluster-host.js';
import type { Clock, Timer } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { addLoads, type Load } from '../placement/index.js';
import { StoreUnreachable } from '../store/failures.js';
import { placeLost } from './choose.js';
import { measureLoads } from './measured-load.js';
import { nodeGauges } from './node-gauges.js';
import { clusterSpaceId, type NodeFacts } from './records.js';
import type { AdmitAnswer, BeatAnswer, NamedSpace, Registry } from './registry.js';

const BEAT_EVERY_MS = 2_000;
/** From the end of a Space to the beat without it: one that restarts is there again by then. */
const LEFT_AFTER_MS = 300;
/** How long a Space that left may come back to a drained node, or while the store is away. */
const REJOINS_WITHIN_MS = 60_000;
/** From the registry's word to the core's: a beat in between names the Space all the same. */
const JOINS_WITHIN_MS = 30_000;
/** How long a start waits for its name: longer than one that is gone keeps it. */
const NAME_WITHIN_MS = 13_000;
/** What a snapshot in the store lists. */
const LISTED = { queue: 50, visitors: 50 };

/** The allocator of this host, as far as the cluster sees it. */
interface NodeServer {
  readonly url: string;
  readonly state: AllocatorState;
  snapshot(size: { readonly queue: number; readonly visitors: number }): Snapshot;
}

export interface MembershipPorts {
  readonly registry: Registry;
  readonly name: string;
  readonly identity: string;
  readonly zerogpuVersion: string;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

export interface Membership extends ClusterHost {
  /** The node's name. */
  readonly name: string;
  record(record: CallRecord): void;
  /**
   * The first beat, and then one every two seconds. A store that can't be reached does not keep it from
   * starting.
   *
   * @throws UserError E_NODE_TAKEN
   */
  begin(server: NodeServer): Promise<void>;
  /** A node without Spaces leaves at once; with Spaces it may only restart, and its time runs out otherwise. */
  close(): Promise<void>;
}

export function createMembership(ports: MembershipPorts): Membership {
  return new NodeMembership(ports);
}

class NodeMembership implements Membership {
  readonly #ports: MembershipPorts;
  readonly #loads: ReturnType<typeof measureLoads>;
  #server: NodeServer | null = null;
  #timer: Timer | null = null;
  #isClosed = false;
  #isDrained = false;
  /** Of the last beat that the store has answered. */
  #beatAtMs: number | null = null;
  /** Spaces that left, and that the registry let in, by their id here → when. */
  readonly #left = new Map<string, number>();
  readonly #joining = new Map<string, { readonly space: NamedSpace; readonly atMs: number }>();
  /** What was warned of already. */
  #warned = new Set<string>();

  constructor(ports: MembershipPorts) {
    this.#ports = ports;
    const slicesOf = (size: CallRecord['size']) =>
      this.#server?.state.rules.profile.sizes[size]?.slices ?? 1;
    this.#loads = measureLoads(() => this.#now, slicesOf);
  }

  get name(): string {
    return this.#ports.name;
  }

  record(record: CallRecord): void {
    this.#loads.add(record);
  }

  async begin(server: NodeServer): Promise<void> {
    this.#server = server;
    const untilMs = this.#now + NAME_WITHIN_MS;
    let answer = await this.#beat();
    while (answer?.kind === 'taken' && this.#now < untilMs) {
      await new Promise<void>((resolve) => void this.#ports.clock.after(BEAT_EVERY_MS, resolve));
      answer = await this.#beat();
    }
    if (answer?.kind === 'taken') throw this.#taken();
    this.#again(BEAT_EVERY_MS);
  }

  async admit(asking: AskingSpace): Promise<ClusterRefusal | null> {
    const rejoins = asking.isKnown || this.#hasLeft(asking.id);
    // The next beat names it: a restart of the allocator or of the app is not a start of the Space.
    if (asking.isKnown) return null;
    const space = this.#named(asking.id, asking.name, asking.owner);
    let answer: AdmitAnswer;
    try {
      answer = await this.#ask(space, asking.limit, rejoins);
    } catch (error) {
      if (!(error instanceof StoreUnreachable)) throw error;
      return rejoins ? null : { detail: 'cluster-unreachable', why: error.message };
    }
    if (answer.kind !== 'ok') return this.#refusal(answer, asking.limit);
    this.#joining.set(asking.id, { space, atMs: this.#now });
    if (answer.placedOn !== null && answer.placedOn !== this.#ports.name) {
      this.#ports.warn(
        `${space.id} was placed on node ${answer.placedOn} and starts on this one, ${this.#ports.name}`,
      );
    }
    return null;
  }

  left(space: string): void {
    this.#joining.delete(space);
    this.#left.set(space, this.#now);
    this.#again(LEFT_AFTER_MS);
  }

  gauges(): ReturnType<ClusterHost['gauges']> {
    const beatAgeMs = this.#beatAtMs === null ? Number.NaN : this.#now - this.#beatAtMs;
    return nodeGauges(this.#ports.name, this.#load(), this.#isDrained, beatAgeMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const { registry, name, identity } = this.#ports;
    if (this.#server?.state.spaces.size === 0) await registry.bye(name, identity).catch(() => {});
  }

  get #now(): number {
    return this.#ports.clock.now().monotonicMs;
  }

  #again(afterMs: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#ports.clock.after(afterMs, () => {
      void this.#beat().finally(() => this.#again(BEAT_EVERY_MS));
    });
  }

  /** @returns null when the store does not answer */
  async #beat(): Promise<BeatAnswer | null> {
    const server = this.#server;
    if (!server) return null;
    const { registry, name } = this.#ports;
    this.#forgetOld();
    const snapshot = server.snapshot(LISTED);
    try {
      const answer = await registry.beat(name, this.#facts(snapshot), snapshot, this.#spaces());
      if (answer.kind === 'taken') {
        this.#warnOnce(`another allocator of the cluster has the name ${name}: use --node NAME`);
        return answer;
      }
      this.#beatAtMs = this.#now;
      this.#isDrained = answer.isDrained;
      for (const { id, node } of answer.elsewhere) {
        this.#warnOnce(`${id} runs on node ${node} too: stop it on one of them`);
      }
      if (answer.lost.length > 0) await this.#placeLost(answer.lost);
      return answer;
    } catch (error) {
      // The connection reports that it can't reach the store; running calls go on.
      if (error instanceof StoreUnreachable) return null;
      this.#warnOnce(`a beat failed: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  /** Each node does so; the store takes the first answer. */
  async #placeLost(ids: readonly string[]): Promise<void> {
    const { registry, warn } = this.#ports;
    const view = await registry.list();
    const { timeoutSeconds } = this.#state.rules.profile.queue;
    for (const { space, node } of placeLost(view, ids, timeoutSeconds)) {
      const answer = await registry.place(space, Number.MAX_SAFE_INTEGER, node, space.seen);
      if (answer.kind !== 'ok') continue;
      warn(`node ${space.place.from} is gone: its Space ${space.id} is placed on ${node}`);
    }
  }

  async #ask(space: NamedSpace, limit: number, rejoins: boolean): Promise<AdmitAnswer> {
    const { registry } = this.#ports;
    const answer = await registry.admit(this.#ports, space, limit, rejoins);
    if (answer.kind !== 'unknown-node') return answer;
    await this.#beat();
    return registry.admit(this.#ports, space, limit, rejoins);
  }

  #refusal(answer: Exclude<AdmitAnswer, { kind: 'ok' }>, limit: number): ClusterRefusal {
    const { name } = this.#ports;
    switch (answer.kind) {
      case 'limit':
        return { detail: 'hosting-limit', hosted: answer.hosted, limit };
      case 'elsewhere':
        return { detail: 'space-elsewhere', node: answer.node };
      case 'draining':
        return { detail: 'node-drained', node: name };
      case 'unknown-node':
        return { detail: 'cluster-unreachable', why: `the cluster does not have node ${name}` };
    }
  }

  get #state(): AllocatorState {
    if (!this.#server) throw new Error('a node was asked before it began');
    return this.#server.state;
  }

  /** One entry a Space, however many runs it has here. */
  #spaces(): readonly NamedSpace[] {
    const running = [...this.#state.spaces.values()].map(({ id, name, owner }) =>
      this.#named(id, name, owner),
    );
    const joining = [...this.#joining.values()].map(({ space }) => space);
    return [...new Map([...joining, ...running].map((space) => [space.id, space])).values()];
  }

  #named(runId: string, name: string, owner: AskingSpace['owner']): NamedSpace {
    return {
      id: clusterSpaceId(owner.name, name),
      ...{ name, owner: owner.name, ownerKind: owner.kind },
      load: this.#loads.of(runId),
    };
  }

  #load(): Load {
    const spaces = this.#server ? [...this.#server.state.spaces.keys()] : [];
    return addLoads(...spaces.map((id) => this.#loads.of(id)));
  }

  #facts({ allocator, slices, queue, lastMinute }: Snapshot): NodeFacts {
    const { identity, zerogpuVersion } = this.#ports;
    return {
      ...{ identity, zerogpuVersion, host: hostname(), url: this.#server?.url ?? '' },
      pid: allocator.pid,
      platform: allocator.platform.name,
      gpus: new Set(slices.map(({ gpu }) => gpu)).size,
      slices: slices.filter(({ lost }) => !lost).length,
      vramBytes: Math.max(0, ...slices.map(({ vramBytes }) => vramBytes)),
      upSeconds: allocator.upSeconds,
      load: this.#load(),
      runningCalls: slices.filter(({ call }) => call !== null).length,
      waitingCalls: queue.total,
      spaces: this.#spaces().length,
      waitP95Seconds: lastMinute.waitP95Seconds,
    };
  }

  #hasLeft(space: string): boolean {
    const atMs = this.#left.get(space);
    return atMs !== undefined && this.#now - atMs < REJOINS_WITHIN_MS;
  }

  #forgetOld(): void {
    const { spaces } = this.#state;
    for (const [id, atMs] of this.#left) {
      if (this.#now - atMs >= REJOINS_WITHIN_MS) this.#left.delete(id);
    }
    for (const [id, { atMs }] of this.#joining) {
      if (spaces.has(id) || this.#now - atMs >= JOINS_WITHIN_MS) this.#joining.delete(id);
    }
    this.#loads.keep(new Set([...spaces.keys(), ...this.#left.keys()]));
  }

  #warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#ports.warn(message);
  }

  #taken(): UserError {
    const { name } = this.#ports;
    return new UserError('E_NODE_TAKEN', `the cluster has a node ${name} already`, {
      why: 'An allocator with another state folder reports under this name.',
      fix: ['zerogpu nodes', 'zerogpu serve --cluster … --node NAME'],
      exitCode: EXIT.cannot,
    });
  }
}
