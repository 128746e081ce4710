/** `zerogpu load`: many visitors of a running Space at once, and what waits and refusals they meet. */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, controlSecret } from '../allocator/client/index.js';
import {
  argumentsFor,
  findEndpoint,
  forCommand,
  type NamedWord,
  parseWord,
} from '../call/arguments.js';
import { chooseRun, noRun } from '../lifecycle/choose-run.js';
import { findRuns, type LiveRun } from '../lifecycle/live-runs.js';
import { systemClock } from '../shared/clock.js';
import { EXIT, signalExitCode, UserError } from '../shared/errors.js';
import { choosePaint, wantsPlain } from '../shared/paint.js';
import { printableLine } from '../shared/printable.js';
import { stateDir } from '../shared/user-folders.js';
import type { World } from '../shared/world.js';
import type { SimulationPlan } from '../simulate/plan.js';
import { runOpenLoop } from './open-loop.js';
import { type LoadOptions, parseLoadOptions, type RawLoadOptions } from './options.js';
import { type Arrival, arrivalsOf, planLoad } from './plan.js';
import { loadLines, reportOf } from './report.js';
import { LoadTally } from './tally.js';
import { type Connections, createConnections } from './visitors.js';

export type LoadWorld = Pick<World, 'env' | 'cwd' | 'stdout' | 'stderr' | 'interrupted'>;

/** After its answer, the last record of a call may take so long, milliseconds. */
const LAST_RECORD_MS = 2_000;
/** A call that needs no GPU has none: so long is waited for the first, milliseconds. */
const FIRST_RECORD_MS = 250;
const LOOK_EVERY_MS = 20;
/** What the allocator may take to let us read its records, milliseconds. */
const CONNECT_MS = 3_000;
const PROGRESS_MS = 500;
/** Beyond queue and declared time, what the last calls may take, seconds. */
const SLACK_SECONDS = 30;

/**
 * @param words the Space (folder, `owner/name` or address of a run; the current folder by default), then `key=value`
 * @returns the exit code: that of the signal when the load was interrupted, with its report
 * @throws UserError for wrong use, and for a Space that does not run
 */
export async function load(
  words: readonly string[],
  raw: RawLoadOptions,
  world: LoadWorld,
): Promise<number> {
  const options = parseLoadOptions(raw);
  const [first, ...rest] = words;
  const isSpace = first !== undefined && !first.includes('=');
  const said = isSpace ? first : '.';
  const named = (isSpace ? rest : words).map((word) => parseWord(word, false));
  const state = resolve(world.cwd, stateDir(raw.stateDir ?? null, world.env));
  const run = runOf(said, state, world);
  const client = connect(run.allocatorUrl, controlSecret(state));
  const connections = createConnections(run.url);
  try {
    const { allocator, slices } = await client.snapshot({ queue: 0, visitors: 0 });
    const gpus = new Set(slices.map(({ gpu }) => gpu)).size;
    const plan = planLoad(options, {
      ...{ platform: allocator.platform.name, gpus, space: run.space },
      slices: Math.max(1, Math.round(slices.length / gpus)),
    });
    const { tally, lastedMs } = await visit({
      options,
      named,
      run,
      plan,
      client,
      connections,
      world,
    });
    const report = reportOf(plan, tally, {
      ...{ url: run.url, endpoint: options.endpoint, seed: options.seed, elapsedMs: lastedMs },
      isPartial: world.interrupted.aborted,
    });
    const paint = choosePaint('auto', world.env, world.stdout.isTTY ?? false);
    const text = options.json
      ? JSON.stringify({ version: 1, ...report }, null, 2)
      : loadLines(plan, report, { paint, ascii: options.ascii }).map(printableLine).join('\n');
    world.stdout.write(`${text}\n`);
    return world.interrupted.aborted ? signalExitCode(world.interrupted.reason) : EXIT.ok;
  } finally {
    connections.close();
    client.close();
  }
}

/** A run on this machine alone gets such a load; the waits are in its allocator's records. */
type LoadedRun = LiveRun & {
  readonly url: string;
  readonly allocatorUrl: string;
  readonly space: string;
};

function runOf(said: string, state: string, world: LoadWorld): LoadedRun {
  const runs = findRuns(state);
  const run = chooseRun(runs, said, world.cwd, 'zerogpu load');
  if (run === null) throw noRun(runs, said, 'zerogpu load');
  const { url, allocatorUrl, space } = run;
  if (run.state === 'ready' && url && allocatorUrl && space) {
    return { ...run, url, allocatorUrl, space };
  }
  throw new UserError('E_CALL_UNREACHABLE', `the run of ${run.dir} is not ready`, {
    why: `It is ${run.state}.`,
    fix: `zerogpu wait ${run.dir}`,
    exitCode: EXIT.cannot,
  });
}

interface Visit {
  readonly options: LoadOptions;
  readonly named: readonly NamedWord[];
  readonly run: LoadedRun;
  readonly plan: SimulationPlan;
  readonly client: ReturnType<typeof connect>;
  readonly connections: Connections;
  readonly world: LoadWorld;
}

async function visit({ options, named, run, plan, client, connections, world }: Visit) {
  const { interrupted } = world;
  const arrivals = arrivalsOf(plan, options.seed);
  // Each visitor's first connection is there before the clock starts; the first one says what can be called.
  const visitors = [...new Set(arrivals.map(({ visitor }) => visitor))];
  const ready: (() => void)[] = [];
  for (const visitor of visitors) {
    interrupted.throwIfAborted();
    const connection = await connections.take(visitor);
    ready.push(() => connections.give(visitor, connection));
    forCommand('zerogpu load --function', () => {
      const endpoint = findEndpoint(connection.space.endpoints, options.endpoint);
      argumentsFor(endpoint, named, () => undefined);
    });
  }
  for (const give of ready) give();

  const tally = new LoadTally();
  let startMs = systemClock.now().monotonicMs;
  const atMs = () => systemClock.now().monotonicMs - startMs;
  let onConnected: () => void = () => {};
  const connected = new Promise<void>((done) => {
    onConnected = done;
  });
  const stream = client.records({
    record(data) {
      const record = parse(data);
      if (record?.space !== run.space || record.visitor?.client === undefined) return;
      tally.recorded(record.visitor.client, record, atMs());
    },
    connected: () => onConnected(),
    disconnected() {},
  });
  const progress = showProgress(world, options, tally, atMs);
  const { queue, lease } = plan.rules.profile;
  const drainSeconds = queue.timeoutSeconds + lease.graceSeconds + SLACK_SECONDS;
  try {
    await Promise.race([connected, sleep(CONNECT_MS, undefined, { ref: false })]);
    startMs = systemClock.now().monotonicMs;
    const lastedMs = await runOpenLoop(
      {
        ...{ arrivals, clock: systemClock, interrupted, drainMs: drainSeconds * 1_000 },
        send: (arrival) => callOnce(arrival, atMs),
      },
      options.seconds * 1_000,
    );
    return { tally, lastedMs };
  } finally {
    progress.end();
    stream.close();
  }

  async function callOnce(arrival: Arrival, now: () => number): Promise<void> {
    let connection: Awaited<ReturnType<Connections['take']>>;
    try {
      connection = await connections.take(arrival.visitor);
    } catch (error) {
      tally.neverSent(arrival, error instanceof Error ? error.message : String(error));
      return;
    }
    const { name, space } = connection;
    // A connection that had to be made is part of what its visitor has waited.
    tally.begins(name, arrival, Math.max(0, now() - arrival.atMs));
    let failure: string | null = null;
    try {
      const endpoint = findEndpoint(space.endpoints, options.endpoint);
      const values = argumentsFor(endpoint, named, () => undefined);
      for await (const news of space.call(endpoint, values, interrupted)) {
        if (news.type === 'failed') failure = [news.title, news.text].filter(Boolean).join(': ');
      }
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    if (interrupted.aborted) return;
    await lastRecord(tally, name);
    tally.ends(name, failure);
    connections.give(arrival.visitor, connection);
  }
}

/** The allocator's last word on a call may come after its answer. */
async function lastRecord(tally: LoadTally, client: string): Promise<void> {
  const startMs = systemClock.now().monotonicMs;
  for (;;) {
    const isOver = tally.isOver(client);
    const waitedMs = systemClock.now().monotonicMs - startMs;
    if (isOver === true || waitedMs > (isOver === null ? FIRST_RECORD_MS : LAST_RECORD_MS)) return;
    await sleep(LOOK_EVERY_MS);
  }
}

interface SomeRecord {
  readonly space?: string;
  readonly visitor?: { readonly client?: string };
}

function parse(data: string): SomeRecord | null {
  try {
    return JSON.parse(data) as SomeRecord;
  } catch {
    return null;
  }
}

/** One line on a terminal, written over itself. */
function showProgress(
  { stderr, env }: LoadWorld,
  { seconds, json }: LoadOptions,
  tally: LoadTally,
  atMs: () => number,
) {
  if (json || !stderr.isTTY || wantsPlain(env)) return { end() {} };
  const timer = setInterval(() => {
    const at = Math.min(seconds, Math.floor(atMs() / 1_000));
    stderr.write(`\r  ${at} of ${seconds} s · ${tally.calls} calls, ${tally.open} open\u001b[K`);
  }, PROGRESS_MS);
  return {
    end() {
      clearInterval(timer);
      stderr.write('\r\u001b[K');
    },
  };
}
