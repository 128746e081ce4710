/** Runs a Space on the weightless device, calls its endpoints, and reads what the calls took. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint, NamedWord } from '../call/arguments.js';
import { connectToSpace, type SpaceClient } from '../call/gradio.js';
import { listenToCalls } from '../call/records.js';
import { startDetached } from '../lifecycle/detach.js';
import type { LiveRun } from '../lifecycle/live-runs.js';
import { stopRun } from '../lifecycle/stop-run.js';
import type { PlatformProfile } from '../platform/schema.js';
import { EXIT, UserError } from '../shared/errors.js';
import { untilAborted } from '../shared/interruption.js';
import { makeFolder } from '../shared/make-folder.js';
import { shellWord } from '../shared/shell-word.js';
import type { World } from '../shared/world.js';
import type { Observation } from './figures.js';
import { type CallRecord, readRecords, snapshotOf, snapshotsIn } from './records.js';
import { chooseValues, valuesOf } from './values.js';

/** How long the run may take to end before it is ended at once, milliseconds. */
const STOP_WITHIN_MS = 20_000;
/** Who calls: of the tiers that every edition has, the one with the largest quota. */
const VISITOR = 'pro:estimate';
/** What it calls itself. */
const CLIENT = 'estimate';
/** What is printed where a model's files are missing: transformers, diffusers, huggingface_hub. */
const NO_FILES =
  /couldn't connect to|LocalEntryNotFoundError|OfflineModeIsEnabled|Cannot find (the requested files|an appropriate cached)|We have no connection|outgoing traffic has been disabled|GatedRepoError|RepositoryNotFoundError/;

/** How a Space is started. */
export interface Start {
  /** Folder of the Space, or its name on the Hub: `hf:OWNER/NAME`. */
  readonly space: string;
  readonly python: string | null;
  readonly maxDownload: string | null;
  readonly profile: PlatformProfile;
  /** Whether each call keeps the allocator's snapshot. */
  readonly keepsSnapshots: boolean;
  /** Bytes of a slice; null for the platform's. */
  readonly vramBytes: number | null;
}

export interface ObserveWorld extends Pick<World, 'env' | 'cwd' | 'interrupted'> {
  say(text: string): void;
}

/** One call of an endpoint. */
export interface Observed extends Observation {
  readonly endpoint: string;
  /** Arguments that this call has and others of the same endpoint have not. */
  readonly varied: readonly NamedWord[];
  readonly assumed: readonly string[];
  /** The allocator's snapshot of the GPU call with the highest peak; null where none is kept. */
  readonly snapshot: Buffer | null;
}

/** A Space that runs weightless. */
export interface Session {
  readonly endpoints: readonly Endpoint[];
  /** @throws UserError E_CALL_ARGUMENT */
  call(
    endpoint: Endpoint,
    said: readonly NamedWord[],
    varied: readonly NamedWord[],
  ): Promise<Observed>;
}

/**
 * Starts the Space, and stops it when `visit` has ended.
 *
 * @throws UserError E_ESTIMATE_FILES, E_ESTIMATE_START, and what `visit` throws
 */
export async function inSpace<T>(
  start: Start,
  world: ObserveWorld,
  visit: (session: Session) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-estimate-'));
  const callsDir = join(folder, 'calls');
  makeFolder(callsDir, 0o700);
  if (start.keepsSnapshots) makeFolder(snapshotsIn(callsDir), 0o700);
  try {
    const run = await startSpace(start, folder, callsDir, world);
    try {
      const space = await connectToSpace(run.url, VISITOR, CLIENT);
      try {
        return await visit(sessionOf(space, run.run, folder, callsDir, world));
      } finally {
        space.close();
      }
    } finally {
      await stopRun(run.run, STOP_WITHIN_MS);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startSpace(
  { space, python, profile, vramBytes, maxDownload }: Start,
  stateDir: string,
  callsDir: string,
  world: ObserveWorld,
): Promise<{ readonly run: LiveRun; readonly url: string }> {
  let printed = '';
  const { run, exitCode } = await startDetached({
    program: process.argv[1] ?? '',
    args: [
      ...['run', space, '--weightless', '--port', '0', '--platform', profile.name],
      ...['--state-dir', stateDir],
      ...(python === null ? [] : ['--python', python]),
      ...(maxDownload === null ? [] : ['--max-download', maxDownload]),
      ...(vramBytes === null ? [] : ['--vram', String(vramBytes)]),
    ],
    // Only names the log, which is removed with the folder.
    dir: join(stateDir, 'space'),
    stateDir,
    env: { ...world.env, ZEROGPU_WEIGHTLESS_CALLS: callsDir },
    cwd: world.cwd,
    interrupted: world.interrupted,
    onText(text) {
      printed += text;
    },
  });
  if (run?.url) return { run, url: run.url };
  world.say(quoted(printed));
  throw NO_FILES.test(printed) ? noFiles(printed) : didNotStart(space, exitCode);
}

function sessionOf(
  space: SpaceClient,
  run: LiveRun,
  stateDir: string,
  callsDir: string,
  world: ObserveWorld,
): Session {
  const seen = new Set<string>();
  return {
    endpoints: space.endpoints,
    async call(endpoint, said, varied) {
      const suffix = varied.map(({ key, text }) => ` ${key}=${text}`).join('');
      world.say(`  calling ${endpoint.name.slice(1)}${suffix}\n`);
      const chosen = chooseValues(endpoint, [...said, ...varied]);
      const values = valuesOf(endpoint, chosen);
      const called = await callOnce(space, run, stateDir, endpoint, values, world);
      const records = readRecords(callsDir, seen);
      for (const name of records.keys()) seen.add(name);
      return {
        ...{ endpoint: endpoint.name.slice(1), varied, assumed: chosen.assumed, ...called },
        records: [...records.values()],
        snapshot: snapshotAmong(records, callsDir),
      };
    },
  };
}

function snapshotAmong(records: ReadonlyMap<string, CallRecord>, dir: string): Buffer | null {
  const [most] = [...records].sort(([, a], [, b]) => b.peakBytes - a.peakBytes);
  if (!most) return null;
  const path = snapshotOf(dir, most[0]);
  return existsSync(path) ? readFileSync(path) : null;
}

async function callOnce(
  space: SpaceClient,
  run: LiveRun,
  stateDir: string,
  endpoint: Endpoint,
  values: Readonly<Record<string, unknown>>,
  world: ObserveWorld,
): Promise<Pick<Observation, 'failure' | 'declaredSeconds'>> {
  const listener =
    run.allocatorUrl && run.space
      ? await listenToCalls({
          ...{ allocatorUrl: run.allocatorUrl, stateDir, space: run.space, client: CLIENT },
        })
      : null;
  const follow = async () => {
    let failure: string | null = null;
    for await (const news of space.call(endpoint, values, world.interrupted)) {
      if (news.type === 'failed') failure = [news.title, news.text].filter(Boolean).join(': ');
    }
    return failure;
  };
  try {
    const failure = await untilAborted(world.interrupted, follow());
    await listener?.allReceived();
    const asks = (listener?.calls() ?? []).map(({ askedSeconds }) => askedSeconds);
    return { failure, declaredSeconds: asks.length === 0 ? null : Math.max(...asks) };
  } finally {
    listener?.close();
  }
}

/** Whether a call wanted more memory than there was, so that its peak is not known. */
export const wantedMore = (observed: readonly Observed[]): boolean =>
  observed.some(
    ({ records, failure }) =>
      records.some(({ error }: CallRecord) => error === 'OutOfMemoryError') ||
      // A worker that has no room for the weights has no record.
      (failure !== null && records.length === 0 && /OutOfMemory|worker error/.test(failure)),
  );

function noFiles(printed: string): UserError {
  const line = printed
    .split('\n')
    .map((text) => text.trim())
    .findLast((text) => NO_FILES.test(text));
  return new UserError('E_ESTIMATE_FILES', 'a model of the Space is not on this machine', {
    ...(line === undefined ? {} : { why: line.replace(/^\S+ app\s+/, '') }),
    fix: [
      'zerogpu estimate   (with a network: configuration and headers are fetched, weights never)',
      'hf auth login      (for a gated model)',
    ],
    exitCode: EXIT.cannot,
  });
}

/** The lines of the run, marked: its error is not the error of this command. */
function quoted(text: string): string {
  return text.trim() === '' ? '' : `${text.trimEnd().replaceAll(/^/gm, '  | ')}\n`;
}

function didNotStart(space: string, exitCode: number | null): UserError {
  return new UserError('E_ESTIMATE_START', 'the Space did not start without its weights', {
    why: 'What it printed is above.',
    fix: `zerogpu run ${shellWord(space)} --weightless`,
    exitCode: exitCode ?? EXIT.failed,
  });
}
