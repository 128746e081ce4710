/** One estimate: both editions of the platform, one after the other, and what is printed and written. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { parseWord } from '../call/arguments.js';
import { isHubName } from '../hub/names.js';
import { loadProfile, profileNames } from '../platform/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { EXIT, UserError } from '../shared/errors.js';
import { interruptible } from '../shared/interruption.js';
import { printableLine } from '../shared/printable.js';
import type { World } from '../shared/world.js';
import { type Answers, type Asked, answersOf, type Largest } from './ask.js';
import { figuresOf } from './figures.js';
import type { Observed, ObserveWorld, Start } from './observe.js';
import { BASIS, type Estimated, estimateLines, largestLine, tableLines } from './report.js';
import { memorySvg, type Panel } from './svg.js';
import { parseVariations } from './vary.js';

/** `zerogpu estimate`, as the user wrote it. */
export interface RawEstimateOptions {
  readonly platform?: string;
  readonly python?: string;
  readonly maxDownload?: string;
  readonly vary?: readonly string[];
  readonly largest?: string;
  readonly svg?: string;
  readonly snapshot?: string;
  readonly json?: boolean;
}

export interface EstimateRequest extends RawEstimateOptions {
  /** A folder, or `hf:OWNER/NAME`. */
  readonly dir: string;
  readonly name: string | undefined;
  readonly words: readonly string[];
}

export type EstimateWorld = Pick<World, 'env' | 'cwd' | 'stdout' | 'stderr' | 'interrupted'>;

/** What is known of one edition of the platform. */
interface OnPlatform extends Answers {
  readonly profile: PlatformProfile;
  readonly estimates: readonly Estimated[];
}

/**
 * Runs the Space on the weightless device of each platform and calls its endpoints.
 *
 * @returns the exit code: 0 when everything fits, 1 when something does not or could not be estimated
 * @throws UserError for wrong use, for a Space that does not start, and for a file that can't be written
 */
export async function estimate(request: EstimateRequest, world: EstimateWorld): Promise<number> {
  const asked = askedBy(request);
  const names = request.platform === undefined ? profileNames : [request.platform];
  const profiles = names.map((name) => loadProfile(name));
  const space = isHubName(request.dir) ? request.dir : resolve(world.cwd, request.dir);
  const say = (text: string) => void world.stderr.write(text);
  const observer: ObserveWorld = { ...world, say };
  return interruptible(world.interrupted, async () => {
    const all: OnPlatform[] = [];
    for (const profile of profiles) {
      say(`${profile.name}: the Space starts without its weights\n`);
      const start: Start = {
        ...{ space, profile, python: request.python ?? null, vramBytes: null },
        ...{ maxDownload: request.maxDownload ?? null },
        keepsSnapshots: request.snapshot !== undefined,
      };
      const found = await estimateOn(start, asked, observer);
      all.push(found);
      if (!request.json) print(found, asked, world.stdout);
    }
    if (request.json) world.stdout.write(`${JSON.stringify(documentOf(all), null, 2)}\n`);
    writeFiles(request, all, world);
    return all.every(isFine) ? EXIT.ok : EXIT.failed;
  });
}

/** @throws UserError E_USAGE */
function askedBy(request: EstimateRequest): Asked {
  const words = request.words.map((word) => parseWord(word, false));
  const variations = parseVariations(request.vary ?? [], words);
  const largest = request.largest ?? null;
  if (largest !== null && variations.length > 0) {
    throw new UserError('E_USAGE', '--vary and --largest are given together', {
      why: 'One asks for a table, the other for one value.',
      fix: `zerogpu estimate … --largest ${largest}`,
    });
  }
  return { endpoint: request.name ?? null, words, variations, largest };
}

async function estimateOn(start: Start, asked: Asked, world: ObserveWorld): Promise<OnPlatform> {
  const { profile } = start;
  const answers = await answersOf(start, asked, world);
  return {
    ...answers,
    profile,
    estimates: answers.observed.map((seen) => estimatedOf(seen, profile)),
  };
}

function estimatedOf(seen: Observed, profile: PlatformProfile): Estimated {
  const { endpoint, varied, assumed, failure, records } = seen;
  return {
    ...{ platform: profile.name, endpoint, assumed, failure },
    varied: Object.fromEntries(varied.map(({ key, text }) => [key, text])),
    figures: records.length === 0 ? null : figuresOf(seen, profile),
  };
}

function print(found: OnPlatform, { variations }: Asked, stdout: Writable): void {
  const { profile, estimates, largest } = found;
  const blocks =
    variations.length > 0
      ? [tableLines(estimates, profile)]
      : estimates.map((one) => estimateLines(one, profile));
  const lines = largest === null ? blocks : [[largestLine(largest, profile)], ...blocks];
  for (const block of lines) {
    for (const line of block) stdout.write(`${printableLine(line)}\n`);
    stdout.write('\n');
  }
}

function documentOf(all: readonly OnPlatform[]) {
  const searched = all.flatMap(({ profile, largest }) =>
    largest === null ? [] : [{ platform: profile.name, ...largest }],
  );
  return {
    ...{ version: 1, estimated: true, basis: BASIS },
    estimates: all.flatMap(({ estimates }) => estimates),
    ...(searched.length === 0 ? {} : { largest: searched }),
  };
}

function writeFiles(
  { svg, snapshot }: EstimateRequest,
  all: readonly OnPlatform[],
  { cwd, stderr }: EstimateWorld,
): void {
  if (svg !== undefined) {
    const panels = all.flatMap(({ profile, observed, estimates }) =>
      observed.flatMap((seen, index) => panelOf(seen, estimates[index], profile)),
    );
    write(resolve(cwd, svg), memorySvg(panels), '--svg');
  }
  if (snapshot === undefined) return;
  const seen = all
    .flatMap(({ observed }) => observed)
    .filter((one) => one.snapshot !== null)
    .sort((a, b) => peakOf(b) - peakOf(a))[0];
  if (!seen?.snapshot) {
    stderr.write('--snapshot: no endpoint used the GPU, so there is nothing to write\n');
    return;
  }
  write(resolve(cwd, snapshot), seen.snapshot, '--snapshot');
  stderr.write(
    `The allocator's snapshot of ${seen.endpoint}: python -m torch.cuda._memory_viz trace_plot ${snapshot} -o memory.html\n`,
  );
}

const peakOf = ({ records }: Observed) => Math.max(0, ...records.map(({ peakBytes }) => peakBytes));

/** One panel for each GPU call. */
function panelOf(
  seen: Observed,
  estimated: Estimated | undefined,
  { name }: PlatformProfile,
): readonly Panel[] {
  const words = seen.varied.map(({ key, text }) => ` ${key}=${text}`).join('');
  return seen.records.map((record) => ({
    title: `${seen.endpoint}${words}   ${name}   ${estimated?.figures?.verdict ?? ''}`.trim(),
    timeline: record.timeline,
    weightBytes: record.weightBytes,
    limitBytes: estimated?.figures?.memory.limitBytes ?? record.limitBytes,
    contextBytes: estimated?.figures?.memory.contextBytes ?? 0,
  }));
}

function write(path: string, content: string | Buffer, option: string): void {
  try {
    writeFileSync(path, content, { mode: 0o600 });
  } catch (error) {
    throw new UserError('E_ESTIMATE_WRITE', `${option}: ${path} can't be written`, {
      why: error instanceof Error ? error.message : String(error),
      fix: `${option} FILE   (in a folder that you may write to)`,
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

function isFine({ estimates, largest }: OnPlatform): boolean {
  if (largest !== null) return isFound(largest);
  return estimates.every(({ figures, failure }) =>
    figures === null ? failure === null : ['FITS', 'TIGHT'].includes(figures.verdict),
  );
}

const isFound = ({ value }: Largest) => value !== null;
