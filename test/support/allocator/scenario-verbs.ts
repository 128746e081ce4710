/** One handler per verb of the scenario files. It drives the world, and may show lines of its own. */
import { queueView, quotaOf, sliceView } from '../../../src/allocator/core/index.js';
import type { GpuSize, Tier } from '../../../src/allocator/core/types.js';
import { loadProfile } from '../../../src/platform/index.js';
import { parseDuration } from '../../../src/shared/duration.js';
import { seconds } from './scenario-print.js';
import { processOf, visitor, World } from './world.js';

export interface ScenarioContext {
  world: World | null;
}

type Args = ReadonlyMap<string, string>;
type Verb = (context: ScenarioContext, args: Args) => readonly string[];

const NOTHING: readonly string[] = [];

export const VERBS: Readonly<Record<string, Verb>> = {
  /** `pool platform=h200 gpus=1 concurrency=2 longest=120s xlarge charge=requested` */
  pool(context, args) {
    const profile = structuredClone(loadProfile(args.get('platform') ?? 'h200'));
    if (args.has('charge')) profile.quota.charge = args.get('charge') as 'used' | 'requested';
    const limit = args.get('concurrency');
    const longest = args.get('longest');
    context.world = new World({
      profile,
      gpus: Number(args.get('gpus') ?? 1),
      concurrencyPerSpace: limit === undefined ? null : Number(limit),
      longestCallSeconds: longest === undefined ? null : parseDuration(longest, 'longest'),
    });
    const { slices } = context.world.state;
    return [`${profile.name}: ${slices.length} slices`];
  },

  /** `schedule space=a task=1 user=free:ada duration=60 size=xlarge expired` */
  schedule(context, args) {
    const duration = args.get('duration');
    worldOf(context).schedule({
      space: args.get('space') ?? 'a',
      task: args.get('task') ?? '1',
      user: args.get('user') ?? 'free',
      duration: duration === undefined ? null : parseDuration(duration, 'duration'),
      size: (args.get('size') ?? 'large') as GpuSize,
      expired: args.has('expired'),
    });
    return NOTHING;
  },

  /** `allow call=1 pid=101` */
  allow(context, args) {
    worldOf(context).allow(numberOf(args, 'call'), numberOf(args, 'pid'));
    return NOTHING;
  },

  /** `release call=1 fail unused` */
  release(context, args) {
    const how = { fail: args.has('fail'), gpuUsed: !args.has('unused') };
    worldOf(context).release(numberOf(args, 'call'), how);
    return NOTHING;
  },

  /** `abandon call=1`: the client closes its stream. */
  abandon(context, args) {
    worldOf(context).abandon(numberOf(args, 'call'));
    return NOTHING;
  },

  /** `died pid=101` */
  died(context, args) {
    worldOf(context).died(numberOf(args, 'pid'));
    return NOTHING;
  },

  /** `gone space=a`: the app of the Space ended. */
  gone(context, args) {
    worldOf(context).send({ type: 'space-gone', space: args.get('space') ?? 'a' });
    return NOTHING;
  },

  /** `kill call=1`: an operator ends it. */
  kill(context, args) {
    worldOf(context).send({ type: 'kill-call', call: numberOf(args, 'call') });
    return NOTHING;
  },

  /** `take-back call=2`: an operator takes back what has not begun. */
  'take-back'(context, args) {
    worldOf(context).send({ type: 'release-call', call: numberOf(args, 'call') });
    return NOTHING;
  },

  /** `register space=a owner=ada kind=pro`, `started space=a pid=50` */
  register(context, args) {
    const world = worldOf(context);
    const space = args.get('space') ?? 'a';
    world.send({
      type: 'register-space',
      requestId: `register-${space}`,
      space,
      name: space,
      owner: { name: args.get('owner') ?? 'ada', kind: (args.get('kind') ?? 'pro') as 'pro' },
      root: null,
    });
    return NOTHING;
  },

  started(context, args) {
    const root = processOf(numberOf(args, 'pid'));
    worldOf(context).send({ type: 'space-started', space: args.get('space') ?? 'a', root });
    return NOTHING;
  },

  /** `tier user=free:ada tier=pro`; without a tier the visitor's own counts again. */
  tier(context, args) {
    const tier = (args.get('tier') ?? null) as Tier | null;
    worldOf(context).send({ type: 'set-tier', visitor: keyOf(args), tier });
    return NOTHING;
  },

  /** `credits user=pro:lin seconds=600` */
  credits(context, args) {
    const seconds = numberOf(args, 'seconds');
    worldOf(context).send({ type: 'set-credits', visitor: keyOf(args), seconds });
    return NOTHING;
  },

  /** `use user=pro:lin used=560s runs=3 resets=2h`; without `resets` no window is open. */
  use(context, args) {
    const visitor = keyOf(args);
    const resets = args.get('resets');
    worldOf(context).send({
      type: 'set-use',
      visitor,
      tier: visitor.startsWith('pro') ? 'pro' : 'free',
      usedSeconds: parseDuration(args.get('used') ?? '', 'used'),
      runs: numberOf(args, 'runs'),
      resetsInSeconds: resets === undefined ? null : parseDuration(resets, 'resets'),
    });
    return NOTHING;
  },

  /** `reset-quota user=free:ada` */
  'reset-quota'(context, args) {
    worldOf(context).send({ type: 'reset-quota', visitor: keyOf(args) });
    return NOTHING;
  },

  /** `restart alive=101,102` or `restart reboot`: kill -9, and up again on what was written down. */
  restart(context, args) {
    const alive = (args.get('alive') ?? '').split(',').filter(Boolean).map(Number);
    worldOf(context).restart(alive, !args.has('reboot'));
    return NOTHING;
  },

  /** `advance 24h`: quota time moves on, running calls don't notice. */
  advance(context, args) {
    worldOf(context).send({ type: 'advance', seconds: durationOf(args) });
    return NOTHING;
  },

  /** `tick 61s`: time passes, with every tick that the core asks for. */
  tick(context, args) {
    worldOf(context).pass(durationOf(args));
    return NOTHING;
  },

  /** `clock back=1h` or `clock forward=1h`: the wall clock jumps, the monotonic one does not. */
  clock(context, args) {
    const world = worldOf(context);
    const back = args.get('back');
    const forward = args.get('forward');
    if (back !== undefined) world.wallMs -= parseDuration(back, 'back') * 1000;
    if (forward !== undefined) world.wallMs += parseDuration(forward, 'forward') * 1000;
    world.send({ type: 'tick' });
    return NOTHING;
  },

  /** `quota user=free:ada` */
  quota(context, args) {
    const world = worldOf(context);
    const view = quotaOf(world.state, visitor(args.get('user') ?? 'free'), world.now);
    const resets =
      view.resetsInSeconds === null ? 'no window' : `resets in ${seconds(view.resetsInSeconds)}`;
    const numbers = `left ${seconds(view.leftSeconds)} used ${seconds(view.usedSeconds)}`;
    return [`${numbers} reserved ${seconds(view.reservedSeconds)} runs ${view.runs}, ${resets}`];
  },

  /** `queue`: who waits, in service order. */
  queue(context) {
    const world = worldOf(context);
    return queueView(world.state, world.now).map((entry) => {
      const { position, call, visitor: who, behind, reason } = entry;
      const why = behind ? `behind #${behind.call}: ${behind.because}` : reason;
      const times = `waits ${seconds(entry.waitedSeconds)}, at most ${seconds(entry.waitsAtMostSeconds)} more`;
      return `${position}. #${call} ${who.tier} ${times}, ${why}`;
    });
  },

  /** `slices`: who holds what. */
  slices(context) {
    const world = worldOf(context);
    return sliceView(world.state, world.now).map(
      ({ index, use, call, warm, deadlineInSeconds }) => {
        const who = call ? ` #${call.call}` : warm ? ` ${warm.space}/${warm.taskId}` : '';
        const until =
          deadlineInSeconds === null ? '' : `, deadline in ${seconds(deadlineInSeconds)}`;
        return `slice ${index}: ${use}${who}${until}`;
      },
    );
  },
};

function worldOf(context: ScenarioContext): World {
  context.world ??= new World();
  return context.world;
}

function numberOf(args: Args, name: string): number {
  const value = Number(args.get(name));
  if (!Number.isInteger(value)) throw new Error(`${name}= is missing or no number`);
  return value;
}

/** The one word of `tick 61s`. */
function durationOf(args: Args): number {
  return parseDuration([...args.keys()][0] ?? '', 'time');
}

function keyOf(args: Args): string {
  return visitor(args.get('user') ?? 'free').key;
}
