/** Runs a Space on the weightless device, calls its endpoints, and reads what the calls took. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint, NamedWord } from '../call/arguments.js';
import { findEndpoint } from '../call/arguments.js';
import { connectToSpace, type SpaceClient } from '../call/gradio.js';
import { listenToCalls } from '../call/records.js';
import { startDetached } from '../lifecycle/detach.js';
import type { LiveRun } from '../lifecycle/live-runs.js';
import { stopRun } from '../lifecycle/stop-run.js';
import type { PlatformProfile } from '../platform/schema.js';
import { EXIT, UserError } from '../shared/errors.js';
import { makeFolder } from '../shared/make-folder.js';
import type { Observation } from './figures.js';
import { type CallRecord, readRecords } from './records.js';
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

export interface Asked {
  /** Absolute folder of the Space. */
  readonly dir: string;
  /** Null for each endpoint. */
  readonly endpoint: string | null;
  readonly words: readonly NamedWord[];
  readonly python: string | null;
  readonly profile: PlatformProfile;
  /** Bytes of a slice; null for the platform's. */
  readonly vramBytes: number | null;
}

export interface ObserveWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly interrupted: AbortSignal;
  say(text: string): void;
}

/** One endpoint, as it was called. */
export interface Observed extends Observation {
  readonly endpoint: string;
  readonly assumed: readonly string[];
}

/**
 * Observes one run.
 *
 * @throws UserError E_ESTIMATE_FILES, E_ESTIMATE_START, and what finding and calling an endpoint throws
 */
export async function observe(asked: Asked, world: ObserveWorld): Promise<readonly Observed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-estimate-'));
  const callsDir = join(folder, 'calls');
  makeFolder(callsDir, 0o700);
  try {
    const run = await startSpace(asked, folder, callsDir, world);
    try {
      const space = await connectToSpace(run.url, VISITOR, CLIENT);
      try {
        return await callEach(asked, space, run.run, folder, callsDir, world);
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
  { dir, python, profile, vramBytes }: Asked,
  stateDir: string,
  callsDir: string,
  world: ObserveWorld,
): Promise<{ readonly run: LiveRun; readonly url: string }> {
  let printed = '';
  const { run, exitCode } = await startDetached({
    program: process.argv[1] ?? '',
    args: [
      ...['run', dir, '--weightless', '--port', '0', '--platform', profile.name],
      ...['--state-dir', stateDir],
      ...(python === null ? [] : ['--python', python]),
      ...(vramBytes === null ? [] : ['--vram', String(vramBytes)]),
    ],
    dir,
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
  throw NO_FILES.test(printed) ? noFiles(printed) : didNotStart(dir, exitCode);
}

async function callEach(
  asked: Asked,
  space: SpaceClient,
  run: LiveRun,
  stateDir: string,
  callsDir: string,
  world: ObserveWorld,
): Promise<readonly Observed[]> {
  const endpoints =
    asked.endpoint === null ? space.endpoints : [findEndpoint(space.endpoints, asked.endpoint)];
  const seen = new Set<string>();
  const observed: Observed[] = [];
  for (const endpoint of endpoints) {
    world.say(`  calling ${endpoint.name.slice(1)}\n`);
    const called = await callOnce(asked, space, run, stateDir, endpoint, world);
    const records = readRecords(callsDir, seen);
    for (const name of records.keys()) seen.add(name);
    observed.push({ ...called, records: [...records.values()] });
  }
  return observed;
}

/** @throws UserError E_CALL_ARGUMENT for an endpoint that was named; others say it as their failure */
async function callOnce(
  asked: Asked,
  space: SpaceClient,
  run: LiveRun,
  stateDir: string,
  endpoint: Endpoint,
  world: ObserveWorld,
): Promise<Observed> {
  const chosen = chooseValues(endpoint, asked.words);
  const seen: Observed = {
    ...{ endpoint: endpoint.name.slice(1), assumed: chosen.assumed, failure: null },
    ...{ records: [], declaredSeconds: null },
  };
  let values: Readonly<Record<string, unknown>>;
  try {
    values = valuesOf(endpoint, chosen);
  } catch (error) {
    if (asked.endpoint !== null || !(error instanceof UserError)) throw error;
    return { ...seen, failure: `${error.message}: zerogpu estimate . ${endpoint.name.slice(1)} …` };
  }
  const listener =
    run.allocatorUrl && run.space
      ? await listenToCalls({
          ...{ allocatorUrl: run.allocatorUrl, stateDir, space: run.space, client: CLIENT },
        })
      : null;
  try {
    let failure: string | null = null;
    for await (const news of space.call(endpoint, values, world.interrupted)) {
      world.interrupted.throwIfAborted();
      if (news.type === 'failed') failure = [news.title, news.text].filter(Boolean).join(': ');
    }
    await listener?.settled();
    const asks = (listener?.calls() ?? []).map(({ askedSeconds }) => askedSeconds);
    return { ...seen, failure, declaredSeconds: asks.length === 0 ? null : Math.max(...asks) };
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

function didNotStart(dir: string, exitCode: number | null): UserError {
  return new UserError('E_ESTIMATE_START', 'the Space did not start without its weights', {
    why: 'What it printed is above.',
    fix: `zerogpu run ${dir} --weightless`,
    exitCode: exitCode ?? EXIT.failed,
  });
}
