/**
 * Random lives of an allocator: what visitors, workers, operators and clocks may do, in any order,
 * also what they must not do (wrong tokens, wrong pids, late and repeated calls).
 */
import fc from 'fast-check';
import type { Effect } from '../../../src/allocator/core/types.js';
import { Bookkeeper } from './model.js';
import { World, type WorldOptions } from './world.js';

export type Act =
  | {
      readonly do: 'schedule';
      readonly space: string;
      readonly task: string;
      readonly user: string;
      readonly duration: number | null;
      readonly xlarge: boolean;
    }
  | { readonly do: 'allow'; readonly pick: number; readonly stray: boolean }
  | {
      readonly do: 'release';
      readonly pick: number;
      readonly stray: boolean;
      readonly fail: boolean;
      readonly gpuUsed: boolean;
    }
  /** `reap`: one that was killed ends; `die`: any process ends. */
  | { readonly do: 'reap' | 'die' | 'abandon' | 'kill'; readonly pick: number }
  | { readonly do: 'gone'; readonly space: string }
  /** The allocator dies and comes back; some workers die meanwhile, after a reboot all. */
  | { readonly do: 'restart'; readonly pick: number; readonly sameBoot: boolean }
  | { readonly do: 'advance' | 'pass' | 'wait' | 'jump'; readonly seconds: number };

const space = fc.constantFrom('a', 'b', 'c');
const pick = fc.nat(1000);
/** True once in so many times. */
const oneIn = (times: number) => fc.nat(times - 1).map((n) => n === times - 1);

const schedule = fc.record({
  do: fc.constant('schedule' as const),
  space,
  task: fc.constantFrom('1', '2'),
  user: fc.constantFrom('anon:1', 'anon:2', 'free:1', 'free:2', 'pro:1', 'pro:2'),
  duration: fc.constantFrom(5, 1, 10, 20, 60, null, 119, 210, 400),
  xlarge: oneIn(5),
});
const allow = fc.record({ do: fc.constant('allow' as const), pick, stray: oneIn(10) });
const release = fc.record({
  do: fc.constant('release' as const),
  pick,
  stray: oneIn(10),
  fail: oneIn(4),
  gpuUsed: fc.boolean(),
});
const moves = <T extends string>(name: T, ...seconds: number[]) =>
  fc.record({ do: fc.constant(name), seconds: fc.constantFrom(...seconds) });

/** Weighted so that most calls live a normal life, and queues build up. */
export const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 30, arbitrary: schedule },
  { weight: 20, arbitrary: allow },
  { weight: 14, arbitrary: release },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('reap' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abandon' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone' as const), space }) },
  { weight: 20, arbitrary: moves('pass', 0.001, 0.7, 2, 5, 16) },
  { weight: 4, arbitrary: moves('wait', 0.001, 0.7, 5, 61) },
  { weight: 1, arbitrary: moves('advance', 60, 3600, 86_399, 86_400, 200_000) },
  { weight: 1, arbitrary: moves('jump', 60, 86_399, 200_000, -100_000) },
);

const restart = fc.record({ do: fc.constant('restart' as const), pick, sameBoot: fc.boolean() });

/** Lives in which the allocator dies now and then. */
export const anyRestartedLife = fc.array(
  fc.oneof({ weight: 20, arbitrary: anyAct }, { weight: 1, arbitrary: restart }),
  { minLength: 1, maxLength: 200, size: 'max' },
);

/** Long enough that windows, queues and warm workers matter. */
export const anyLife = fc.array(anyAct, { minLength: 1, maxLength: 200, size: 'max' });

export const anyWorld: fc.Arbitrary<WorldOptions> = fc.record({
  gpus: fc.integer({ min: 1, max: 3 }),
  concurrencyPerSpace: fc.constantFrom(null, 2, 3),
});

/** Plays acts on a world, keeps the books beside it, and knows which processes live. */
export class Chaos {
  readonly world: World;
  readonly books: Bookkeeper;
  private readonly alive = new Set<number>();
  private readonly doomed = new Set<number>();
  private calls = 0;
  private heard = 0;
  private nextPid = 1000;

  constructor(options: WorldOptions) {
    this.world = new World(options);
    const perGpu = this.world.rules.profile.gpu.slicesPerGpu;
    this.books = new Bookkeeper((index, size) =>
      size === 'xlarge' ? Array.from({ length: perGpu }, (_, at) => index + at) : [index],
    );
  }

  play(act: Act): void {
    const { world } = this;
    switch (act.do) {
      case 'schedule':
        this.calls += 1;
        world.schedule({ ...act, size: act.xlarge ? 'xlarge' : 'large' });
        break;
      case 'allow':
        this.allow(act);
        break;
      case 'release':
        world.release(act.stray ? this.anyCall(act.pick) : this.heldCall(act.pick), act);
        break;
      case 'reap':
        this.die(pickOf([...this.doomed], act.pick));
        break;
      case 'die':
        this.die(pickOf([...this.alive], act.pick));
        break;
      case 'abandon':
        world.abandon(pickOf(world.state.queue, act.pick)?.call ?? this.anyCall(act.pick));
        break;
      case 'kill':
        world.send({ type: 'kill-call', call: this.heldCall(act.pick) });
        break;
      case 'restart':
        this.restart(act);
        return;
      case 'gone':
        world.send({ type: 'space-gone', space: act.space });
        break;
      case 'advance':
        world.send({ type: 'advance', seconds: act.seconds });
        this.books.hearTime(world.now, act.seconds);
        break;
      case 'jump':
        world.wallMs += act.seconds * 1000;
        return;
      case 'wait':
        world.wait(act.seconds);
        return;
      case 'pass':
        this.passAndHear(act.seconds);
        break;
    }
    this.hear();
  }

  /** Lets everything end: time passes, and whatever was killed ends. */
  drain(): void {
    for (let round = 0; round < 200 && !this.isQuiet(); round += 1) {
      this.passAndHear(20);
      for (const pid of this.alive) this.die(pid);
    }
  }

  isQuiet(): boolean {
    const { leases, queue, warmWorkers } = this.world.state;
    return leases.size + queue.length + warmWorkers.length === 0;
  }

  /** One tick at a time, so that the books hear each at its own moment. */
  private passAndHear(seconds: number): void {
    const { world } = this;
    const endMs = world.monotonicMs + seconds * 1000;
    while (world.nextTickMs !== null && world.nextTickMs < endMs) {
      world.wait(Math.max(0, world.nextTickMs - world.monotonicMs) / 1000);
      world.send({ type: 'tick' });
      this.hear();
    }
    world.wait((endMs - world.monotonicMs) / 1000);
    world.send({ type: 'tick' });
    this.hear();
  }

  /** Mostly what the package does: a new process asks for a grant that has none. */
  private allow(act: Extract<Act, { do: 'allow' }>): void {
    const pending = [...this.world.state.leases.values()].filter((lease) => !lease.process);
    const call = pickOf(pending, act.pick)?.call;
    this.nextPid += 1;
    if (call !== undefined && !act.stray) this.world.allow(call, this.nextPid);
    else if (act.stray) {
      const pid = pickOf([1, this.nextPid, ...this.alive], act.pick);
      const number = this.anyCall(act.pick);
      const lease = [...this.world.state.leases.values()].find(({ call }) => call === number);
      const before = lease?.process ?? null;
      this.world.allow(number, pid);
      // The package forks a second worker for a call only when it has found the first one dead: the
      // books know, the core has still to hear of it.
      if (before && lease?.process !== before) this.books.hearDeath(before.pid);
    }
  }

  /** Every third worker dies unseen, after a reboot every one. */
  private restart(act: Extract<Act, { do: 'restart' }>): void {
    [...this.alive].forEach((pid, index) => {
      if (act.sameBoot && (index + act.pick) % 3 !== 0) return;
      this.alive.delete(pid);
      this.books.hearDeath(pid);
    });
    // What was on its way to them is lost, and has to come again.
    this.doomed.clear();
    this.world.restart([...this.alive], act.sameBoot);
    if (!act.sameBoot) this.books.hearTime(this.world.now, 0, true);
    this.hear(true);
  }

  private die(pid: number | undefined): void {
    if (pid === undefined) return;
    this.alive.delete(pid);
    this.doomed.delete(pid);
    this.books.hearDeath(pid);
    this.world.died(pid);
    this.hear();
  }

  /** The allocator learns the time from events alone, and so do the books: not every act is one. */
  knowsTheTime(): boolean {
    return this.world.knowsTheTime;
  }

  private hear(isRestart = false): void {
    if (!this.knowsTheTime()) return;
    const news: readonly Effect[] = this.world.effects.slice(this.heard);
    this.heard = this.world.effects.length;
    this.books.hearTime(this.world.now, 0);
    for (const effect of news) {
      if (effect.type === 'watch') this.alive.add(effect.process.pid);
      if (effect.type === 'kill') this.doomed.add(effect.process.pid);
    }
    if (isRestart) this.books.hearRestart(news, this.world.now);
    else this.books.hear(news, this.world.now);
  }

  /** A call that holds slices, if there is one. */
  private heldCall(pick: number): number {
    return pickOf([...this.world.state.leases.values()], pick)?.call ?? this.anyCall(pick);
  }

  /** Any call of this life, also one that is long over or was never granted. */
  private anyCall(pick: number): number {
    return 1 + (pick % Math.max(1, this.calls));
  }
}

function pickOf<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}
